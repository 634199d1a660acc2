"""Writes train/testdata/optim.json: learning rates by transformers' schedules and steps by torch.optim, in float64.

    python cmd/versus/optim_golden.py > train/testdata/optim.json

Weights and gradients are functions of their indices, so that a test can make the same: weight i is sin(i+1)/2, gradient i of step t,
counted from 0, is sin(0.7·i + 3·t + 1), before it is clipped.
"""

import json
import math

import torch
import torch.optim._muon as muon
from transformers import optimization as hf


def schedules():
    def rates(make, **options):
        w = torch.nn.Parameter(torch.zeros(1))
        opt = torch.optim.SGD([w], lr=1.0)
        s = make(opt, **options)
        out = []
        for _ in range(101):
            out.append(s.get_last_lr()[0])
            opt.step()
            s.step()
        return [out[t] for t in (0, 1, 5, 10, 11, 55, 80, 99, 100)]

    n = {"num_warmup_steps": 10, "num_training_steps": 100}
    yield "cosine", 10, 0.1, rates(hf.get_cosine_with_min_lr_schedule_with_warmup, min_lr_rate=0.1, **n)
    yield "cosine", 10, 0.0, rates(hf.get_cosine_schedule_with_warmup, **n)
    yield "linear", 10, 0.0, rates(hf.get_linear_schedule_with_warmup, **n)
    yield "constant", 10, 0.0, rates(hf.get_constant_schedule_with_warmup, num_warmup_steps=10)
    yield "inverse_sqrt", 10, 0.0, rates(hf.get_inverse_sqrt_schedule, num_warmup_steps=10)
    yield "inverse_sqrt", 0, 0.0, rates(hf.get_inverse_sqrt_schedule, num_warmup_steps=0)
    yield "wsd", 10, 0.0, rates(hf.get_wsd_schedule, num_decay_steps=20, decay_type="linear", **n)


def exact(grad, coefficients, steps, eps):
    """torch's Newton-Schulz, but in the precision of its input instead of bfloat16."""
    a, b, c = coefficients
    x = grad.T if grad.size(0) > grad.size(1) else grad
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if grad.size(0) > grad.size(1) else x


muon._zeropower_via_newtonschulz = exact


def steps(make, rows, cols, clip):
    n = rows * cols
    w = torch.nn.Parameter(torch.tensor([math.sin(i + 1) / 2 for i in range(n)], dtype=torch.float64).reshape(rows, cols))
    opt = make([w])
    for t in range(6):
        w.grad = torch.tensor([math.sin(0.7 * i + 3 * t + 1) for i in range(n)], dtype=torch.float64).reshape(rows, cols)
        if clip:
            torch.nn.utils.clip_grad_norm_([w], clip)
        for g in opt.param_groups:
            g["lr"] = 0.01 * (t + 1)
        opt.step()
    return [float(f"{x:.9g}") for x in w.detach().flatten().tolist()]


def optimizers():
    def case(name, options, rows, cols, clip, make):
        return {"optimizer": name, "rows": rows, "cols": cols, "clip": clip, **options, "w": steps(make, rows, cols, clip)}

    yield case("adamw", {"weight_decay": 0.1}, 3, 4, 0, lambda p: torch.optim.AdamW(p, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1))
    yield case("adamw", {"weight_decay": 0}, 3, 4, 1, lambda p: torch.optim.AdamW(p, betas=(0.9, 0.95), eps=1e-8, weight_decay=0))
    yield case("sgd", {"weight_decay": 0.1}, 3, 4, 0, lambda p: torch.optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.1))
    yield case("sgd", {"weight_decay": 0}, 3, 4, 1, lambda p: torch.optim.SGD(p, lr=1, momentum=0.9))
    for scale, name in (("jordan", "original"), ("moonlight", "match_rms_adamw")):
        for rows, cols in ((3, 4), (5, 2), (3, 3)):
            yield case("muon", {"weight_decay": 0.1, "scale": scale}, rows, cols, 0,
                       lambda p: torch.optim.Muon(p, lr=1, momentum=0.95, weight_decay=0.1, adjust_lr_fn=name))


out = {
    "steps": [0, 1, 5, 10, 11, 55, 80, 99, 100],
    "schedules": [{"kind": k, "warmup": w, "floor": f, "rates": r} for k, w, f, r in schedules()],
    "optimizers": list(optimizers()),
}
rows = []
for key, value in out.items():
    if key == "steps":
        rows.append(f' "steps": {json.dumps(value)}')
    else:
        rows.append(f' "{key}": [\n  ' + ",\n  ".join(json.dumps(v) for v in value) + "\n ]")
print("{\n" + ",\n".join(rows) + "\n}")
