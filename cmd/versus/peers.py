"""What the scripts that compare quern's trainer with others share: processes that take turns, libraries that are installed or not, a table."""

import ctypes
import glob
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Process:
    """A program that answers one line of JSON to each line of JSON, and does nothing in between."""

    def __init__(self, argv, env=None, name=None):
        self.name = name or argv[0]
        full = dict(os.environ, **(env or {}))
        self.p = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=full)

    def ask(self, **request):
        try:
            self.p.stdin.write(json.dumps(request) + "\n")
            self.p.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.p.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self.p.wait()}")
        answer = json.loads(line)
        if answer.get("error"):
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def close(self):
        self.p.stdin.close()
        try:
            self.p.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()


def trainer(binary=None, env=None):
    """quern's side; built if no binary is given."""
    if not binary:
        binary = str(Path(tempfile.mkdtemp(prefix="quern-versus-")) / "trainer")
        subprocess.run(["go", "build", "-o", binary, "./cmd/versus/trainer"], cwd=ROOT, check=True, env=dict(os.environ, CGO_ENABLED="0"))
    return Process([binary], env, "quern")


def library(names, folders=()):
    """The first of these libraries that is there: a path, or None."""
    places = [*folders, "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"]
    for place in places:
        for name in names:
            found = sorted(glob.glob(os.path.join(place, name)))
            if found:
                return found[0]
    return None


def openblas(folders, kind):
    """OpenBLAS as Debian's libopenblas0-pthread and libopenblas0-openmp lay it out, or any other."""
    return library([f"openblas-{kind}/libopenblas.so.0", f"libopenblas{'p' if kind == 'pthread' else 'o'}-*.so", "libopenblas.so.0"], folders)


PEAK_C = r"""
#include <immintrin.h>
#include <pthread.h>
#include <time.h>
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + 1e-9 * t.tv_nsec; }
#ifdef __AVX512F__
typedef __m512 v; enum { W = 16 };
#define SET _mm512_set1_ps
#define FMA _mm512_fmadd_ps
#define SUM _mm512_reduce_add_ps
#else
typedef __m256 v; enum { W = 8 };
#define SET _mm256_set1_ps
#define FMA _mm256_fmadd_ps
static float SUM(v x) { float f[8]; _mm256_storeu_ps(f, x); return f[0]; }
#endif
#define UNROLL _Pragma("GCC unroll 16")
enum { ACC = 12, LOOPS = 1 << 21 };
static void *fp32(void *out) {
  v a[ACC], x = SET(1.0000001f), y = SET(1e-9f);
  UNROLL for (int i = 0; i < ACC; i++) a[i] = SET(i);
  for (int n = 0; n < LOOPS; n++) { UNROLL for (int i = 0; i < ACC; i++) { a[i] = FMA(a[i], x, y); __asm__ volatile("" : "+v"(a[i])); } }
  float s = 0; UNROLL for (int i = 0; i < ACC; i++) s += SUM(a[i]);
  *(volatile float *)out = s; return 0;
}
#ifdef __AVX512BF16__
static void *bf16(void *out) {
  v a[ACC]; __m512bh x = _mm512_cvtne2ps_pbh(SET(1), SET(1)), y = _mm512_cvtne2ps_pbh(SET(1e-9f), SET(1e-9f));
  UNROLL for (int i = 0; i < ACC; i++) a[i] = SET(i);
  for (int n = 0; n < LOOPS; n++) { UNROLL for (int i = 0; i < ACC; i++) { a[i] = _mm512_dpbf16_ps(a[i], x, y); __asm__ volatile("" : "+v"(a[i])); } }
  float s = 0; UNROLL for (int i = 0; i < ACC; i++) s += SUM(a[i]);
  *(volatile float *)out = s; return 0;
}
#endif
/* GF/s of a loop that touches registers only, on a number of threads; 0 = this machine has no such instruction */
double peak(int kind, int threads) {
  void *(*f)(void *) = fp32; double flop = 2.0 * W;
  if (kind) {
#ifdef __AVX512BF16__
    f = bf16; flop = 4.0 * W;
#else
    return 0;
#endif
  }
  pthread_t t[256]; static float out[256]; double at = now();
  for (int i = 0; i < threads; i++) pthread_create(&t[i], 0, f, &out[i]);
  for (int i = 0; i < threads; i++) pthread_join(t[i], 0);
  return flop * ACC * LOOPS * threads / (now() - at) / 1e9;
}
"""


class Peak:
    """The roof of this machine: fused multiply-adds on registers, by the C compiler that is installed. Without one there is none."""

    def __init__(self):
        self.f = None
        folder = Path(tempfile.mkdtemp(prefix="quern-peak-"))
        (folder / "peak.c").write_text(PEAK_C)
        try:
            subprocess.run(["cc", "-O2", "-march=native", "-shared", "-fPIC", "-o", folder / "peak.so", folder / "peak.c", "-lpthread"], check=True)
        except (OSError, subprocess.CalledProcessError) as e:
            print("no peak:", e, file=sys.stderr)
            return
        self.f = ctypes.CDLL(str(folder / "peak.so")).peak
        self.f.restype, self.f.argtypes = ctypes.c_double, [ctypes.c_int, ctypes.c_int]

    def __call__(self, threads, bf16=False):
        return self.f(int(bf16), threads) if self.f else 0.0


def geomean(xs):
    xs = [x for x in xs if x and x > 0]
    return math.exp(sum(map(math.log, xs)) / len(xs)) if xs else float("nan")


def table(head, rows):
    cells = [head] + [[c if isinstance(c, str) else "-" if c is None or c != c else f"{c:.2f}" if abs(c) < 10 else f"{c:.0f}" for c in r] for r in rows]
    widths = [max(len(r[i]) for r in cells) for i in range(len(head))]
    for r in cells:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths))))
    sys.stdout.flush()


def cpu_name():
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown"
