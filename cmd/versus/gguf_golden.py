#!/usr/bin/env python3
"""Write train/format/testdata/golden.gguf with the writer of llama.cpp's own Python package.

    pip install gguf
    python3 cmd/versus/gguf_golden.py train/format/testdata/golden.gguf
"""
import sys

import gguf
import numpy as np


def numbers(n):
    """What the test computes, too: a small generator of floats between -4 and 4, some tiny, some 0."""
    out, x = np.empty(n, np.float32), 12345
    for i in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        out[i] = np.float32((x >> 8) % 8001 - 4000) / np.float32(1000)
        if i % 7 == 0:
            out[i] *= np.float32(2.0**-20)
        if i % 96 >= 64 and i < 192:
            out[i] = 0
    return out


w = gguf.GGUFWriter(sys.argv[1], "llama")
w.add_uint32("a.uint", 7)
w.add_int32("a.int", -7)
w.add_uint64("a.long", 1 << 40)
w.add_float32("a.float", 1e-5)
w.add_bool("a.bool", True)
w.add_string("a.string", "h\u00e9")
w.add_array("a.strings", ["x", "", "\u0120y"])
w.add_array("a.ints", [1, -2, 3])
w.add_array("a.floats", [0.5, -1.0])
T = gguf.GGMLQuantizationType
x = numbers(6 * 64).reshape(6, 64)
for name, t in (("f32", T.F32), ("f16", T.F16), ("bf16", T.BF16), ("q8_0", T.Q8_0), ("q4_0", T.Q4_0)):
    data = x if t == T.F32 else x.astype(np.float16) if t == T.F16 else gguf.quants.quantize(x, t)
    w.add_tensor(f"t.{name}", data, raw_dtype=None if t in (T.F32, T.F16) else t)
w.add_tensor("t.odd", numbers(5))
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
