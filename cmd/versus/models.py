#!/usr/bin/env python3
"""Writes what transformers and peft compute with tiny models, for a test in Go to hold quern's models to.

    python3 -m venv venv && venv/bin/pip install torch transformers peft
    venv/bin/python cmd/versus/models.py train/model/testdata

One JSON file a model: its shape in quern's words, two sequences, the logits of each position, and for each parameter the dot product of
its gradient (of a sum over all logits, each times its own number) with numbers that its name gives. Weights are not stored: both sides make them of the
parameter's name, exactly, see numbers(). Everything runs in float64: where transformers goes down to float32 by itself, in norms and
angles, that is undone, so that a difference is a difference in formulas.
"""

import json
import sys
import zlib
from pathlib import Path

import numpy
import torch

torch.float = torch.float32 = torch.float64
torch.Tensor.float = torch.Tensor.double
torch.set_default_dtype(torch.float64)

import peft
import transformers

VOCAB, WIDTH, LAYERS, CONTEXT, LENGTH = 24, 16, 2, 32, 20


def numbers(name, n):
    """n numbers from -1 to 1 with 15 bits, made of a name: a counter through Murmur3's last step."""
    x = numpy.arange(n, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9) + numpy.uint32(zlib.crc32(name.encode()))
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> numpy.uint32(16)
    return (x >> numpy.uint32(16)).astype(numpy.float64) / 32768 - 1


def plain(name):
    """The name as quern and, for adapters, files of peft have it."""
    name = name.replace(".default", "").replace("lora_magnitude_vector.weight", "lora_magnitude_vector")
    if "lora_" in name:
        return name
    return name.replace("base_model.model.", "").replace(".base_layer", "").removeprefix("transformer.")


def fill(name, p):
    x = torch.from_numpy(numbers(plain(name), p.numel())).reshape(p.shape)
    one = p.dim() == 1 and name.endswith("weight") or "magnitude" in name
    with torch.no_grad():
        p.copy_(1 + x / 4 if one else x / 2)


def tokens():
    return torch.from_numpy(((numbers("tokens", 2 * LENGTH) + 1) / 2 * VOCAB).astype(numpy.int64)).reshape(2, LENGTH)


def rotary_in_double(self, x, position_ids):
    if "dynamic" in self.rope_type:
        inv, scale = transformers.modeling_rope_utils.ROPE_INIT_FUNCTIONS[self.rope_type](self.config, x.device, seq_len=int(position_ids.max()) + 1)
    else:
        inv, scale = self.inv_freq, self.attention_scaling
    angles = position_ids[..., None].double() * inv.double()
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos() * scale, angles.sin() * scale


def build(arch, scores=0, **kw):
    common = dict(vocab_size=VOCAB, pad_token_id=None, bos_token_id=None, eos_token_id=None, attn_implementation="eager")
    if arch == "gpt2":
        config = transformers.GPT2Config(n_embd=WIDTH, n_layer=LAYERS, n_head=4, n_inner=24, n_positions=CONTEXT, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, **common, **kw)
    else:
        kw = {"tie_word_embeddings": False, "num_key_value_heads": 2, "max_position_embeddings": CONTEXT, **kw}
        config = getattr(transformers, {"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"}[arch] + "Config")(
            hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=4, intermediate_size=24, rms_norm_eps=1e-5, **common, **kw)
    kind = transformers.AutoModelForCausalLM
    if scores:
        config.num_labels = scores
        kind = transformers.AutoModelForSequenceClassification
    model = kind.from_config(config).double().eval()
    for module in model.modules():
        if type(module).__name__.endswith("RotaryEmbedding"):
            module.forward = rotary_in_double.__get__(module)
    for name, p in model.named_parameters():
        fill(name, p)
    return model


def golden(out, name, shape, model, scores=0, adapter=None):
    ids = tokens()
    if scores:  # of every token, not of the last one
        logits = model.score(model.base_model(input_ids=ids).last_hidden_state)
    else:
        logits = model(input_ids=ids).logits
    weights = torch.from_numpy(numbers("gradient", logits.numel())).reshape(logits.shape)
    (logits * weights).sum().backward()
    gradients = {}
    for key, p in model.named_parameters():
        if p.grad is not None and p.requires_grad:
            gradients[plain(key)] = float((p.grad.flatten() * torch.from_numpy(numbers("g" + plain(key), p.numel()))).sum())
    doc = {"config": shape, "adapter": adapter, "tokens": ids.flatten().tolist(), "logits": [float(f"{x:.9g}") for x in logits.flatten().tolist()],
           "gradients": gradients}
    if adapter is None:
        del doc["adapter"]
    (out / f"{name}.json").write_text(json.dumps(doc, separators=(",", ":")).replace('"gradients"', '\n"gradients"').replace('"logits"', '\n"logits"') + "\n")
    print(name, len(gradients), "gradients", float(logits.detach().abs().max()))


def main():
    out = Path(sys.argv[1])
    base = dict(layers=LAYERS, width=WIDTH, heads=4, hidden=24, context=CONTEXT, vocab=VOCAB, norm_eps=1e-5)
    llama = dict(base, arch="llama", kv_heads=2, rope_theta=100.0)
    rope = lambda **kw: dict(rope_parameters=dict(rope_theta=100.0, **kw))
    plain_rope = rope(rope_type="default")

    golden(out, "gpt2", dict(base, arch="gpt2", tied=True), build("gpt2"))
    golden(out, "llama", llama, build("llama", **plain_rope))
    golden(out, "llama-tied", dict(llama, tied=True, kv_heads=1), build("llama", tie_word_embeddings=True, num_key_value_heads=1, **plain_rope))
    golden(out, "llama-linear", dict(llama, scaling=dict(kind="linear", factor=4)), build("llama", **rope(rope_type="linear", factor=4.0)))
    golden(out, "llama-ntk", dict(llama, scaling=dict(kind="ntk", factor=2, original=8)), build("llama", max_position_embeddings=8, **rope(rope_type="dynamic", factor=2.0)))
    golden(out, "llama-yarn", dict(llama, scaling=dict(kind="yarn", factor=4, original=8, beta_fast=4, beta_slow=0.5)),
           build("llama", **rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=8, beta_fast=4.0, beta_slow=0.5)))
    golden(out, "llama-yarn-fraction", dict(llama, scaling=dict(kind="yarn", factor=4, original=16, beta_fast=3, beta_slow=0.5, mscale=1.5, mscale_all=0.5, fraction=True)),
           build("llama", **rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=3.0, beta_slow=0.5, mscale=1.5, mscale_all_dim=0.5, truncate=False)))
    golden(out, "qwen3-yarn-attention", dict(llama, arch="qwen3", head_size=12, scaling=dict(kind="yarn", factor=4, original=8, attention=1.25)),
           build("qwen3", head_dim=12, **rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=8, attention_factor=1.25)))
    golden(out, "llama-llama3", dict(llama, scaling=dict(kind="llama3", factor=8, original=16, low=1, high=4), head_size=8),
           build("llama", head_dim=8, **rope(rope_type="llama3", factor=8.0, original_max_position_embeddings=16, low_freq_factor=1.0, high_freq_factor=4.0)))
    golden(out, "mistral", dict(llama, arch="mistral", window=5), build("mistral", sliding_window=5, **plain_rope))
    golden(out, "qwen2", dict(llama, arch="qwen2"), build("qwen2", **plain_rope))
    golden(out, "qwen2-window", dict(llama, arch="qwen2", window=7),
           build("qwen2", use_sliding_window=True, sliding_window=7, max_window_layers=0, **plain_rope))
    golden(out, "qwen3", dict(llama, arch="qwen3", head_size=6), build("qwen3", head_dim=6, **plain_rope))
    golden(out, "llama-scores", dict(llama, tied=True, scores=3), build("llama", scores=3, **plain_rope), scores=3)
    golden(out, "gpt2-scores", dict(base, arch="gpt2", tied=True, scores=1), build("gpt2", scores=1), scores=1)

    def adapted(name, shape, model, asked, **kw):
        config = peft.LoraConfig(r=asked["rank"], lora_alpha=asked["alpha"], target_modules=kw.pop("targets", asked["targets"]), use_rslora=asked.get("stable", False),
                                 use_dora=asked.get("dora", False), modules_to_save=asked.get("save"), fan_in_fan_out=shape["arch"] == "gpt2", lora_dropout=0.0)
        model = peft.get_peft_model(model, config).double().eval()
        for key, p in model.named_parameters():
            if "lora_" in key:
                fill(key, p)
        golden(out, name, shape, model, adapter=asked)

    adapted("llama-lora", llama, build("llama", **plain_rope), dict(rank=2, alpha=3, targets=["q_proj", "v_proj", "up_proj", "o_proj", "lm_head"]))
    adapted("qwen2-rslora", dict(llama, arch="qwen2"), build("qwen2", **plain_rope), dict(rank=3, alpha=2, targets=["all-linear"], stable=True), targets="all-linear")
    adapted("gpt2-lora", dict(base, arch="gpt2", tied=True), build("gpt2"), dict(rank=2, alpha=4, targets=["c_attn", "c_fc"]))
    adapted("llama-dora", llama, build("llama", **plain_rope), dict(rank=2, alpha=3, targets=["k_proj", "gate_proj", "down_proj"], dora=True))
    adapted("gpt2-dora", dict(base, arch="gpt2", tied=True), build("gpt2"), dict(rank=2, alpha=4, targets=["attn.c_proj", "c_fc"], dora=True))


if __name__ == "__main__":
    main()
