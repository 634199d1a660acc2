#!/usr/bin/env python3
"""Matrix products of a training step: quern beside OpenBLAS, gonum and, if asked, PyTorch's MKL and oneDNN, in turns within one run.

    apt-get install libopenblas0-pthread gcc      # or --lib FOLDER with libopenblas.so.0 and what it needs
    python3 cmd/versus/gemm.py [--rounds 5] [--workers 1,2] [--quick] [--torch venv/bin/python] [--json FILE]

In each round every program computes the shape a few times, one after the other, and a loop on registers measures the machine's peak. The
best of all rounds counts. A virtual machine can lose a core for seconds: a round whose peak on n threads is below 0.9·n times the peak on one is
left out, and taken again up to twice. OpenBLAS picks poor kernels on processors that it does not know, so it is told OPENBLAS_CORETYPE=SkylakeX,
which has AVX-512, unless the variable is set; on machines without AVX-512, Haswell. Figures are GF/s; ratios above 1 are in quern's favor.
"""

import argparse
import ctypes
import json
import os
import sys
import time

import peers

SHAPES = [  # name, m, n, k, transposed a, transposed b: NT forward, NN for the input's gradient, TN for the weights'
    ("512^3 NN", 512, 512, 512, 0, 0),
    ("1024^3 NN", 1024, 1024, 1024, 0, 0),
    ("2048^3 NN", 2048, 2048, 2048, 0, 0),
    ("qkv 1024x2304x768 NT", 1024, 2304, 768, 0, 1),
    ("proj 1024x768x768 NT", 1024, 768, 768, 0, 1),
    ("fc1 256x3072x768 NT", 256, 3072, 768, 0, 1),
    ("fc1 1024x3072x768 NT", 1024, 3072, 768, 0, 1),
    ("fc1 4096x3072x768 NT", 4096, 3072, 768, 0, 1),
    ("fc2 1024x768x3072 NT", 1024, 768, 3072, 0, 1),
    ("fc1 dX 1024x768x3072 NN", 1024, 768, 3072, 0, 0),
    ("fc1 dW 3072x768x1024 TN", 3072, 768, 1024, 1, 0),
    ("head 1024x50257x768 NT", 1024, 50257, 768, 0, 1),
    ("head dX 1024x768x50257 NN", 1024, 768, 50257, 0, 0),
    ("head dW 50257x768x1024 TN", 50257, 768, 1024, 1, 0),
    ("attn QK 256x256x64 NT", 256, 256, 64, 0, 1),
    ("attn QK 1024x1024x64 NT", 1024, 1024, 64, 0, 1),
]


class OpenBLAS:
    def __init__(self, folders):
        avx512 = "avx512f" in open("/proc/cpuinfo").read()
        os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX" if avx512 else "Haswell")
        path = peers.openblas(folders, "pthread")
        if not path:
            raise OSError("no libopenblas.so.0: apt-get install libopenblas0-pthread")
        for name in ("libquadmath.so.0", "libgfortran.so.5"):
            found = peers.library([name], folders)
            if found:
                ctypes.CDLL(found, ctypes.RTLD_GLOBAL)
        lib = ctypes.CDLL(path)
        self.threads = lib.openblas_set_num_threads
        lib.openblas_get_config.restype = lib.openblas_get_corename.restype = ctypes.c_char_p
        self.what = f"{lib.openblas_get_config().decode().split(' NO_')[0]}, kernels for {lib.openblas_get_corename().decode()}"
        self.sgemm = lib.cblas_sgemm
        i, f, p = ctypes.c_int, ctypes.c_float, ctypes.c_void_p
        self.sgemm.argtypes = [i, i, i, i, i, i, f, p, i, p, i, f, p, i]
        self.sgemm.restype = None
        self.shape = None

    def gemm(self, m, n, k, ta, tb, workers, rounds):
        if self.shape != (m, n, k):
            self.shape = (m, n, k)
            self.a, self.b, self.c = self.fill(m * k), self.fill(k * n), (ctypes.c_float * (m * n))()
        self.threads(workers)
        best = float("inf")
        for turn in range(rounds + 1):
            at = time.perf_counter()
            self.sgemm(101, 112 if ta else 111, 112 if tb else 111, m, n, k, 1, self.a, m if ta else k, self.b, k if tb else n, 0, self.c, n)
            if turn:
                best = min(best, time.perf_counter() - at)
        return best

    @staticmethod
    def fill(n):
        """Ordinary numbers: a pattern of random ones is repeated."""
        import random
        r = random.Random(1)
        some = (ctypes.c_float * 65521)(*[r.random() - 0.5 for _ in range(65521)])
        x = (ctypes.c_float * n)()
        for at in range(0, n, 65521):
            ctypes.memmove(ctypes.byref(x, 4 * at), some, 4 * min(65521, n - at))
        return x


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--rounds", type=int, default=4)
    ap.add_argument("--workers", default=f"1,{os.cpu_count()}")
    ap.add_argument("--engines", default="quern,quern-bf16", help="of quern: quern, quern-bf16, and with weights packed before, packed, packed-bf16")
    ap.add_argument("--gonum", type=int, default=1, help="rounds of gonum, which is slow; 0 = leave it out")
    ap.add_argument("--only", default="", help="shapes whose name holds this")
    ap.add_argument("--quick", action="store_true", help="two rounds, no gonum, without the head's shapes")
    ap.add_argument("--lib", action="append", default=[], help="a folder to look for libraries in")
    ap.add_argument("--torch", help="a Python with torch: its MKL (fp32) and oneDNN (bf16) take part")
    ap.add_argument("--trainer", help="cmd/versus/trainer, if it is built")
    ap.add_argument("--json", help="write all figures to this file")
    a = ap.parse_args()
    shapes = [s for s in SHAPES if a.only in s[0]]
    if a.quick:
        a.rounds, a.gonum = 2, 0
        shapes = [s for s in shapes if "head" not in s[0]]
    ours = peers.trainer(a.trainer)
    blas, peak = OpenBLAS(a.lib), peers.Peak()
    torch = peers.Process([a.torch, str(peers.HERE / "train_torch.py")], name="torch") if a.torch else None
    print(f"{peers.cpu_name()}\n{blas.what}")

    def run(engine, shape, workers, turns):
        _, m, n, k, ta, tb = shape
        if engine == "openblas":
            return blas.gemm(m, n, k, ta, tb, workers, turns)
        who = torch if engine.startswith("torch") else ours
        return who.ask(do="gemm", engine=engine, m=m, n=n, k=k, ta=bool(ta), tb=bool(tb), workers=workers, rounds=turns)["seconds"]

    engines = ["openblas", *a.engines.split(","), *(["torch", "torch-bf16"] if torch else []), *(["gonum"] if a.gonum else [])]
    result = {"cpu": peers.cpu_name(), "openblas": blas.what, "rows": []}
    for workers in map(int, a.workers.split(",")):
        rows = []
        for shape in shapes:
            flop = 2.0 * shape[1] * shape[2] * shape[3]
            best, top = {}, {}
            rounds = again = 0
            while rounds < a.rounds:
                one, all_ = peak(1), peak(workers)
                found = {}
                for e in engines:
                    if e == "gonum" and rounds >= a.gonum:
                        continue
                    if e.startswith("packed") and shape[4]:
                        continue
                    turns = 1 if e == "gonum" else max(2, min(200, int(2e10 / flop)))
                    found[e] = flop / run(e, shape, workers, turns) / 1e9
                after = peak(workers)
                if min(all_, after) < 0.9 * workers * one and again < 2 * a.rounds and workers > 1:
                    again += 1
                    continue
                rounds += 1
                for e, x in found.items():
                    best[e] = max(best.get(e, 0), x)
                top = {"fp32": max(top.get("fp32", 0), all_, after), "bf16": max(top.get("bf16", 0), peak(workers, True))}
            best["peak"], best["peak_bf16"] = top["fp32"], top["bf16"]
            result["rows"].append({"shape": shape[0], "workers": workers, "left_out": again, **best})
            rows.append((shape[0], best, again))
        report(workers, engines, rows)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(result, f, indent=1)
    ours.close()
    if torch:
        torch.close()


def report(workers, engines, rows):
    print(f"\n{workers} worker{'s' if workers > 1 else ''}, GF/s")
    fast = [e for e in engines if e.startswith(("quern", "packed"))]
    ratios = [(f"{e}/{p}", e, p) for e in fast for p in ("openblas", "torch", "gonum", "torch-bf16", "quern")
              if p in engines and e != p and ("bf16" in p) <= ("bf16" in e) and not ("bf16" in e and p in ("openblas", "torch", "gonum"))]
    head = ["shape", *engines, "peak", *(f"{e}/peak" for e in fast), *(r[0] for r in ratios), "left out"]
    div = lambda x, y: x / y if x and y else None
    of = lambda b, e: b["peak_bf16" if "bf16" in e and b["peak_bf16"] > b["peak"] else "peak"]
    out = [[name, *(b.get(e) for e in engines), b["peak"], *(div(b.get(e), of(b, e)) for e in fast), *(div(b.get(x), b.get(y)) for _, x, y in ratios), str(left)]
           for name, b, left in rows]
    mean = lambda i: peers.geomean([r[i] for r in out])
    out.append(["geometric mean", *(mean(i) for i in range(1, len(head) - 1)), ""])
    peers.table(head, out)


if __name__ == "__main__":
    main()
