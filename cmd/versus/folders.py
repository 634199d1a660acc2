"""Tiny models of five families, made and judged by transformers.

  python cmd/versus/folders.py make train/pretrained/testdata      folders of random models, with the logits of some tokens
  python cmd/versus/folders.py adapters train/pretrained/testdata   adapters for two of them, with the logits of the adapted models
  python cmd/versus/folders.py adapted train/pretrained/testdata OUT  does peft load OUT/<adapter>, which quern wrote, and compute the same?
  python cmd/versus/folders.py check train/pretrained/testdata OUT  does transformers compute the same of OUT/<family>, which quern wrote?

Needs torch, transformers, peft, tokenizers and safetensors.
"""

import json
import os
import shutil
import sys

import peft
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, LlamaConfig, MistralConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen3Config

VOCAB, PADDED, LENGTH = 264, 272, 24
SPECIAL = dict(bos_token_id=261, eos_token_id=261)  # <|endoftext|>
LLAMA = dict(hidden_size=16, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
             initializer_range=0.4, **SPECIAL)
FAMILIES = {
    "gpt2": (GPT2Config(vocab_size=VOCAB, n_positions=32, n_embd=16, n_layer=2, n_head=4, initializer_range=0.4, **SPECIAL), torch.float32, "10GB"),
    "llama": (LlamaConfig(vocab_size=PADDED, rms_norm_eps=1e-5, rope_parameters=dict(
        rope_type="llama3", rope_theta=500000.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16), **LLAMA),
        torch.float32, "20KB"),
    "mistral": (MistralConfig(vocab_size=VOCAB, sliding_window=5, **LLAMA), torch.bfloat16, "10GB"),
    "qwen2": (Qwen2Config(vocab_size=VOCAB, tie_word_embeddings=True, **LLAMA), torch.float32, "10GB"),
    "qwen3": (Qwen3Config(vocab_size=VOCAB, head_dim=8, tie_word_embeddings=True, rope_parameters=dict(
        rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=16), **LLAMA), torch.float16, "10GB"),
}


def tokens():
    return torch.tensor([[(7 * i * i + 13 * i + 5) % VOCAB for i in range(LENGTH)]])


def logits(folder):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        return model(tokens()).logits[0].contiguous()


def make(root):
    text = ["the quick brown fox jumps over the lazy dog and the cat"] * 4
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCAB - 3, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tok.train_from_iterator(text, trainer)
    tok.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    for name, (config, dtype, shard) in FAMILIES.items():
        torch.manual_seed(len(name))
        folder = os.path.join(root, name)
        shutil.rmtree(folder, ignore_errors=True)
        model = AutoModelForCausalLM.from_config(config).eval()
        with torch.no_grad():
            for key, p in model.named_parameters():  # gains and biases too, which begin as ones and zeros
                if p.ndim == 1:
                    p += 0.3 * torch.randn_like(p)
        model.to(dtype).save_pretrained(folder, max_shard_size=shard)
        if name == "gpt2":  # as the hub's gpt2 lies: no prefix, and masks among the weights
            path = os.path.join(folder, "model.safetensors")
            old = {k.removeprefix("transformer."): v for k, v in load_file(path).items() if k != "lm_head.weight"}
            for i in range(config.n_layer):
                old[f"h.{i}.attn.bias"] = torch.tril(torch.ones(32, 32)).view(1, 1, 32, 32).to(torch.uint8)
                old[f"h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
            save_file(old, path, metadata={"format": "pt"})
        fast = PreTrainedTokenizerFast(tokenizer_object=tok, bos_token="<|endoftext|>", eos_token="<|endoftext|>", model_max_length=64)
        fast.save_pretrained(folder)
        save_file({"tokens": tokens()[0].float(), "logits": logits(folder)}, os.path.join(folder, "golden.safetensors"))


ADAPTERS = {
    "llama-lora": ("llama", dict(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"], use_rslora=True, modules_to_save=["embed_tokens"])),
    "gpt2-dora": ("gpt2", dict(r=2, lora_alpha=8, target_modules=["c_attn", "c_proj"], use_dora=True, fan_in_fan_out=True)),
}


def adapters(root):
    for name, (family, options) in ADAPTERS.items():
        torch.manual_seed(len(name))
        base = AutoModelForCausalLM.from_pretrained(os.path.join(root, family), dtype=torch.float32, attn_implementation="eager").eval()
        model = peft.get_peft_model(base, peft.LoraConfig(task_type="CAUSAL_LM", **options)).eval()
        with torch.no_grad():
            for key, p in model.named_parameters():
                if "lora_" in key or "modules_to_save" in key:
                    p += 0.2 * torch.randn_like(p)
            got = model(tokens()).logits[0].contiguous()
        folder = os.path.join(root, name)
        shutil.rmtree(folder, ignore_errors=True)
        model.save_pretrained(folder)
        os.remove(os.path.join(folder, "README.md"))
        save_file({"tokens": tokens()[0].float(), "logits": got}, os.path.join(folder, "golden.safetensors"))


def adapted(root, out):
    for name, (family, _) in ADAPTERS.items():
        base = AutoModelForCausalLM.from_pretrained(os.path.join(root, family), dtype=torch.float32, attn_implementation="eager").eval()
        model = peft.PeftModel.from_pretrained(base, os.path.join(out, name)).eval()
        with torch.no_grad():
            off = (model(tokens()).logits[0] - load_file(os.path.join(root, name, "golden.safetensors"))["logits"]).abs().max().item()
        print(f"{name}: {off:.2e}")
        assert off < 1e-4


def check(root, out):
    worst = 0.0
    for name in FAMILIES:
        want = load_file(os.path.join(root, name, "golden.safetensors"))["logits"]
        got = logits(os.path.join(out, name))
        off = (got - want).abs().max().item()
        worst = max(worst, off)
        print(f"{name}: {off:.2e} of {want.abs().max().item():.1f}")
        fast = AutoTokenizer.from_pretrained(os.path.join(out, name))
        ids = fast("the quick <|im_end|> dog\n")["input_ids"]
        assert fast.decode(ids) == "the quick <|im_end|> dog\n" and fast.eos_token == "<|endoftext|>", (ids, fast.eos_token)
        assert ids == Tokenizer.from_file(os.path.join(root, name, "tokenizer.json")).encode("the quick <|im_end|> dog\n").ids
    sys.exit(0 if worst < 1e-4 else 1)


if __name__ == "__main__":
    {"make": make, "check": check, "adapters": adapters, "adapted": adapted}[sys.argv[1]](*sys.argv[2:])
