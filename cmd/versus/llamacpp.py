"""Does llama.cpp compute the same of GGUF files that quern wrote as transformers computes of the models that they were made of?

  python cmd/versus/llamacpp.py train/pretrained/testdata GGUFS    GGUFS/<family>.gguf, and <family>-<type>.gguf

For each file: the largest difference of log-probabilities after each prefix of the golden tokens (as many as a window holds), and how often the likeliest
token is the same. Then texts as ids, which must be those of Hugging Face's tokenizers. Needs xllamacpp, which is llama.cpp's server as a wheel, numpy, safetensors and
tokenizers.
"""

import glob
import json
import os
import sys
import urllib.request

import numpy
import xllamacpp
from safetensors.numpy import load_file
from tokenizers import Tokenizer

TEXTS = ["the quick brown fox", "it's 12345 dogs!\n\n  and <|im_end|>\tthe cat", "naïve 世界 🙂"]


def serve(path):
    p = xllamacpp.CommonParams()
    p.model.path = path
    p.n_ctx, p.n_parallel, p.n_gpu_layers, p.warmup = 64, 1, 0, False
    p.cache_type_k = p.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    p.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return xllamacpp.Server(p)


def ask(server, path, body):
    request = urllib.request.Request(server.listening_address + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))


def logprobs(server, prefix, n):
    # The bias makes the server say a whole character, without which it tells no probabilities; those that it tells are from before it.
    r = ask(server, "/completion", dict(prompt=prefix, n_predict=1, n_probs=n, temperature=0, cache_prompt=False, logit_bias=[[27, 1000]]))
    out = numpy.full(n, numpy.nan)
    for t in r["completion_probabilities"][0]["top_logprobs"]:
        out[t["id"]] = t["logprob"]
    return out


def main(root, files):
    for path in sorted(glob.glob(os.path.join(files, "*.gguf"))):
        family = os.path.basename(path).removesuffix(".gguf").split("-")[0]
        golden = load_file(os.path.join(root, family, "golden.safetensors"))
        tokens = golden["tokens"].astype(int).tolist()
        want = golden["logits"] - numpy.logaddexp.reduce(golden["logits"], axis=-1, keepdims=True)
        window = json.load(open(os.path.join(root, family, "config.json"))).get("sliding_window") or len(tokens)
        server, off, same = serve(path), 0.0, 0
        for i in range(1, window + 1):
            got = logprobs(server, tokens[:i], want.shape[1])
            assert not numpy.isnan(got).any()
            off, same = max(off, numpy.abs(got - want[i - 1]).max()), same + (got.argmax() == want[i - 1].argmax())
        print(f"{os.path.basename(path)}: log-probabilities off by {off:.2e}, the likeliest is the same {same} of {window} times")
        tok = Tokenizer.from_file(os.path.join(root, family, "tokenizer.json"))
        for text in TEXTS:
            got = ask(server, "/tokenize", dict(content=text, add_special=False, parse_special=True))["tokens"]
            assert got == tok.encode(text, add_special_tokens=False).ids, (text, got)


if __name__ == "__main__":
    main(*sys.argv[1:])
