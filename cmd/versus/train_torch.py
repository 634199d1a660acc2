#!/usr/bin/env python3
"""PyTorch's side of train.py, gemm.py and losscurve.py: stays, and answers one line of JSON to each line of JSON, as cmd/versus/trainer does.

The models are written here as one writes them for speed: fused projections, scaled_dot_product_attention (flash attention on the processor),
fused AdamW, no dropout. Weights have the names that Hugging Face gives them, so that a file of either side loads in the other.
"""

import json
import math
import os
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class GPT2(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        w, v = c["width"], c["vocab"]
        self.wte, self.wpe = nn.Parameter(torch.empty(v, w)), nn.Parameter(torch.empty(c["context"], w))
        self.ln = nn.ModuleList(nn.ModuleList([nn.LayerNorm(w), nn.LayerNorm(w)]) for _ in range(c["layers"]))
        hidden = c.get("hidden") or 4 * w
        self.lin = nn.ModuleList(nn.ModuleList([nn.Linear(w, 3 * w), nn.Linear(w, w), nn.Linear(w, hidden), nn.Linear(hidden, w)]) for _ in range(c["layers"]))
        self.ln_f = nn.LayerNorm(w)
        std = 0.02
        for p in self.parameters():
            nn.init.normal_(p, std=std) if p.dim() == 2 else None
        for l in self.lin:
            for x in l:
                nn.init.zeros_(x.bias)

    def forward(self, ids):
        b, t = ids.shape
        x = F.embedding(ids, self.wte) + self.wpe[:t]
        heads = self.c["heads"]
        for (n1, n2), (qkv, proj, fc, down) in zip(self.ln, self.lin):
            q, k, v = (z.view(b, t, heads, -1).transpose(1, 2) for z in qkv(n1(x)).chunk(3, -1))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + proj(y.transpose(1, 2).reshape(b, t, -1))
            x = x + down(F.gelu(fc(n2(x)), approximate="tanh"))
        return F.linear(self.ln_f(x), self.wte)

    def names(self):
        """Parameters by the names of the file; True = stored in × out."""
        yield "wte.weight", self.wte, False
        yield "wpe.weight", self.wpe, False
        for i, (n, l) in enumerate(zip(self.ln, self.lin)):
            for name, m, t in ((f"h.{i}.ln_1", n[0], False), (f"h.{i}.attn.c_attn", l[0], True), (f"h.{i}.attn.c_proj", l[1], True),
                               (f"h.{i}.ln_2", n[1], False), (f"h.{i}.mlp.c_fc", l[2], True), (f"h.{i}.mlp.c_proj", l[3], True)):
                yield name + ".weight", m.weight, t
                yield name + ".bias", m.bias, False
        yield "ln_f.weight", self.ln_f.weight, False
        yield "ln_f.bias", self.ln_f.bias, False


class Llama(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        w, layers, heads = c["width"], c["layers"], c["heads"]
        self.kv, self.size = c.get("kv_heads") or heads, w // heads
        hidden = c.get("hidden") or (w * 8 // 3 + 63) // 64 * 64
        self.hidden, eps = hidden, c["norm_eps"]
        self.embed = nn.Parameter(torch.empty(c["vocab"], w))
        self.head = None if c["tied"] else nn.Parameter(torch.empty(c["vocab"], w))
        lin = lambda i, o: nn.Linear(i, o, bias=False)
        self.norms = nn.ModuleList(nn.ModuleList([nn.RMSNorm(w, eps=eps), nn.RMSNorm(w, eps=eps)]) for _ in range(layers))
        self.lin = nn.ModuleList(nn.ModuleList([lin(w, (heads + 2 * self.kv) * self.size), lin(w, w), lin(w, 2 * hidden), lin(hidden, w)]) for _ in range(layers))
        self.norm = nn.RMSNorm(w, eps=eps)
        for p in self.parameters():
            nn.init.normal_(p, std=0.02) if p.dim() == 2 else None
        inv = c["rope_theta"] ** (-2 * torch.arange(self.size // 2, dtype=torch.float64) / self.size)
        angle = torch.outer(torch.arange(c["context"], dtype=torch.float64), inv)
        self.register_buffer("cos", angle.cos().float().repeat(1, 2), persistent=False)
        self.register_buffer("sin", angle.sin().float().repeat(1, 2), persistent=False)

    def rotate(self, x):
        t, half = x.shape[-2], self.size // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), -1)
        return (x * self.cos[:t] + turned * self.sin[:t]).to(x.dtype)

    def forward(self, ids):
        b, t = ids.shape
        heads, kv, size = self.c["heads"], self.kv, self.size
        x = F.embedding(ids, self.embed)
        for (n1, n2), (qkv, proj, up, down) in zip(self.norms, self.lin):
            z = qkv(n1(x)).view(b, t, heads + 2 * kv, size).transpose(1, 2)
            q, k, v = self.rotate(z[:, :heads]), self.rotate(z[:, heads:heads + kv]), z[:, heads + kv:]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=kv != heads)
            x = x + proj(y.transpose(1, 2).reshape(b, t, -1))
            g, u = up(n2(x)).chunk(2, -1)
            x = x + down(F.silu(g) * u)
        return F.linear(self.norm(x), self.embed if self.head is None else self.head)

    def names(self):
        w, kv = self.c["width"], self.kv * self.size
        yield "model.embed_tokens.weight", self.embed, False
        for i, (n, l) in enumerate(zip(self.norms, self.lin)):
            p = f"model.layers.{i}."
            yield p + "input_layernorm.weight", n[0].weight, False
            q, k, v = l[0].weight.split([w, kv, kv])
            yield from ((p + f"self_attn.{x}_proj.weight", y, False) for x, y in (("q", q), ("k", k), ("v", v), ("o", l[1].weight)))
            yield p + "post_attention_layernorm.weight", n[1].weight, False
            g, u = l[2].weight.split(self.hidden)
            yield from ((p + f"mlp.{x}_proj.weight", y, False) for x, y in (("gate", g), ("up", u), ("down", l[3].weight)))
        yield "model.norm.weight", self.norm.weight, False
        if self.head is not None:
            yield "lm_head.weight", self.head, False


class Schedule:
    """Linear rise, then half a cosine wave to min_lr at the last step; steps count from 0."""

    def __init__(self, c):
        self.c = c

    def at(self, step):
        c = self.c
        if step < c["warmup"]:
            return c["lr"] * (step + 1) / c["warmup"]
        x = min(1, (step + 1 - c["warmup"]) / max(1, c["steps"] - c["warmup"]))
        return c["lr"] * (c["min_lr"] + (1 - c["min_lr"]) * 0.5 * (1 + math.cos(math.pi * x)))


class Run:
    def __init__(self, c, workers, precision, compiled, weights=None):
        torch.set_num_threads(workers)
        torch.manual_seed(1)
        self.c, self.precision, self.step_no, self.at = c, precision, 0, 0
        m = c["model"]
        self.model = {"gpt2": GPT2, "llama": Llama}[m["arch"]](m)
        if weights:
            self.load(weights)
        if precision == "fp64":
            self.model.double()
        matrices = [p for p in self.model.parameters() if p.dim() == 2]
        rest = [p for p in self.model.parameters() if p.dim() != 2]
        groups = [{"params": matrices, "weight_decay": c["weight_decay"]}, {"params": rest, "weight_decay": 0.0}]
        self.opt = torch.optim.AdamW(groups, lr=c["lr"], betas=(0.9, 0.95), eps=1e-8, fused=precision != "fp64")
        self.schedule = Schedule(c)
        self.f = torch.compile(self.loss) if compiled else self.loss
        import numpy
        self.tokens = torch.from_numpy(numpy.fromfile(c["tokens"], "<i4")).long()

    def load(self, path):
        from safetensors.torch import load_file
        file = load_file(path)
        with torch.no_grad():
            for name, p, turned in self.model.names():
                w = file.pop(name)
                p.copy_(w.t() if turned else w)
        if file:
            raise ValueError(f"no place for {sorted(file)}")

    def loss(self, ids, targets):
        if self.precision == "bf16":
            with torch.autocast("cpu", torch.bfloat16):
                return F.cross_entropy(self.model(ids).flatten(0, 1), targets.flatten())
        return F.cross_entropy(self.model(ids).flatten(0, 1), targets.flatten())

    def batch(self):
        cols = self.c["model"]["context"]
        n = self.c["batch"]
        if self.at + n + 1 > len(self.tokens):
            self.at = 0
        x = self.tokens[self.at:self.at + n + 1]
        self.at += n
        return x[:-1].view(-1, cols), x[1:].view(-1, cols)

    def step(self):
        ids, targets = self.batch()
        for g in self.opt.param_groups:
            g["lr"] = self.schedule.at(self.step_no)
        loss = self.f(ids, targets)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.opt.step()
        self.opt.zero_grad(set_to_none=True)
        self.step_no += 1
        return loss.item(), norm.item(), ids.numel()


def gemm(q, kept={}):
    torch.set_num_threads(q["workers"])
    m, n, k = q["m"], q["n"], q["k"]
    dtype = torch.bfloat16 if "bf16" in q["engine"] else torch.float32
    key = (m, n, k, dtype)
    if key not in kept:
        kept.clear()
        kept[key] = torch.randn(m * k).to(dtype), torch.randn(n * k).to(dtype), torch.empty(m, n, dtype=dtype)
    a, b, c = kept[key]
    a = a.view(k, m).t() if q["ta"] else a.view(m, k)
    b = b.view(n, k).t() if q["tb"] else b.view(k, n)
    best = float("inf")
    for turn in range(q["rounds"] + 1):
        at = time.perf_counter()
        torch.mm(a, b, out=c)
        if turn:
            best = min(best, time.perf_counter() - at)
    return best


def main():
    run = None
    for line in sys.stdin:
        q = json.loads(line)
        try:
            r = {}
            if q["do"] == "gemm":
                r["seconds"] = gemm(q)
            elif q["do"] == "model":
                run = Run(q["config"], q["workers"], q.get("precision", "fp32"), q.get("compile", False), q.get("weights"))
                r["parameters"] = sum(p.numel() for p in run.model.parameters())
            elif q["do"] == "step":
                at, losses = time.perf_counter(), []
                for _ in range(q.get("steps", 1)):
                    loss, norm, tokens = run.step()
                    losses.append(loss)
                r.update(seconds=time.perf_counter() - at, loss=loss, grad_norm=norm, losses=losses, tokens=tokens * len(losses),
                         peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
            else:
                raise ValueError(f"no request {q['do']!r}")
        except Exception as e:
            r = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(r), flush=True)


if __name__ == "__main__":
    out, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    print = __import__("functools").partial(print, file=out)
    main()
