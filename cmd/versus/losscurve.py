#!/usr/bin/env python3
"""Loss curves of quern and PyTorch from the same weights over the same tokens in the same order: AdamW, clipping, warm-up and cosine.

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors
    venv/bin/python cmd/versus/losscurve.py [--steps 200] [--precision fp32|fp64] [--most 1e-3] [--json FILE]

quern draws the first weights and writes them as safetensors; train_torch.py loads them. Tokens are a noisy walk that a model can learn,
made from --seed. Prints the largest difference between the two losses of a step, in nats, and fails if it is above --most.
With fp64 PyTorch computes in float64: how far from the truth quern's float32 is. --golden DIR writes the first losses of tiny models as
train/testdata keeps them.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

import peers

MODELS = {
    "gpt2": {"arch": "gpt2", "layers": 3, "width": 96, "heads": 4, "context": 64, "vocab": 512, "tied": True, "rope_theta": 10000, "norm_eps": 1e-5},
    "llama": {"arch": "llama", "layers": 3, "width": 96, "heads": 4, "kv_heads": 2, "hidden": 256, "context": 64, "vocab": 512, "tied": False,
              "rope_theta": 10000, "norm_eps": 1e-5},
}
TINY = {
    "gpt2": dict(MODELS["gpt2"], layers=2, width=32, heads=2, context=16, vocab=64),
    "llama": dict(MODELS["llama"], layers=2, width=32, heads=4, kv_heads=2, hidden=64, context=16, vocab=64),
}


def walk(n, vocab, seed):
    """Tokens of which three in four follow from the one before: x ← 5·x + 7; the rest comes from a linear congruential generator."""
    out, x, s = np.empty(n, "<i4"), 0, seed
    for i in range(n):
        s = (s * 6364136223846793005 + 1442695040888963407) % 2**64
        x = (5 * x + 7) % vocab if s >> 62 else (s >> 33) % vocab
        out[i] = x
    return out


def curves(ours, torch, config, precision, steps, folder, workers):
    ours.ask(do="model", config=config, workers=workers)
    weights = str(Path(folder) / "weights.safetensors")
    ours.ask(do="save", path=weights)
    torch.ask(do="model", config=config, workers=workers, precision=precision, weights=weights)
    return ours.ask(do="step", steps=steps)["losses"], torch.ask(do="step", steps=steps)["losses"]


def setting(model, folder, steps, batch, lr, seed):
    path = Path(folder) / "tokens.bin"
    walk(steps * batch + 1, model["vocab"], seed).tofile(path)
    return {"model": model, "batch": batch, "steps": steps, "lr": lr, "min_lr": 0.1, "warmup": max(1, steps // 20), "weight_decay": 0.1,
            "tokens": str(path), "seed": seed}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--steps", type=int, default=200)
    ap.add_argument("--batch", type=int, default=1024, help="tokens of a step")
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--precision", default="fp32", choices=["fp32", "fp64"], help="of PyTorch")
    ap.add_argument("--models", default="gpt2,llama")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--workers", type=int, default=os.cpu_count())
    ap.add_argument("--most", type=float, default=1e-3)
    ap.add_argument("--trainer", help="cmd/versus/trainer, if it is built")
    ap.add_argument("--golden", help="write goldens to this folder and stop")
    ap.add_argument("--json", help="write the curves to this file")
    a = ap.parse_args()
    ours, torch = peers.trainer(a.trainer), peers.Process([sys.executable, str(peers.HERE / "train_torch.py")], name="torch")
    failed, all_ = False, {}
    with tempfile.TemporaryDirectory() as folder:
        if a.golden:
            return golden(ours, torch, folder, Path(a.golden), a.workers)
        for name in a.models.split(","):
            config = setting(MODELS[name], folder, a.steps, a.batch, a.lr, a.seed)
            x, y = map(np.array, curves(ours, torch, config, a.precision, a.steps, folder, a.workers))
            d = np.abs(x - y)
            all_[name] = {"quern": x.tolist(), "torch": y.tolist()}
            print(f"{name}: {a.steps} steps, PyTorch in {a.precision}: loss {x[0]:.4f} to {x[-1]:.4f} (PyTorch {y[0]:.4f} to {y[-1]:.4f}), "
                  f"largest difference {d.max():.2e} at step {d.argmax() + 1}, mean {d.mean():.2e}", flush=True)
            failed |= not d.max() <= a.most
    if a.json:
        Path(a.json).write_text(json.dumps(all_, indent=1))
    ours.close()
    torch.close()
    sys.exit(failed)


def golden(ours, torch, folder, to, workers):
    for name, model in TINY.items():
        steps = 20
        config = setting(model, folder, steps, 128, 3e-3, 1)
        out = {}
        for precision in ("fp32", "fp64"):
            x, y = curves(ours, torch, config, precision, steps, folder, workers)
            out[precision] = y
            print(f"{name} {precision}: largest difference {max(abs(p - q) for p, q in zip(x, y)):.2e}")
        del config["tokens"]
        (to / f"torch_{name}.json").write_text(json.dumps({"config": config, **out}, indent=1) + "\n")


if __name__ == "__main__":
    main()
