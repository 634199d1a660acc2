"""Quern's shards in numpy, torch and pyarrow. Nothing is copied before it is asked for."""
from pathlib import Path
import numpy as np, pyarrow as pa

class Shard:                             # train-00000.bin, which has train-00000.idx beside it
    def __init__(self, path):
        idx = Path(path).with_suffix(".idx").read_bytes()
        version, width = np.frombuffer(idx, "<u4", 2, 8)
        assert idx[:8] == b"QUERNIDX" and version in (3, 4), path
        docs = int.from_bytes(idx[16:24], "little")
        self.ends = np.frombuffer(idx, "<i8", docs, 32 if version == 3 else 40)
        self.tokens = np.memmap(path, f"<u{width}", "r")
    def document(self, i):
        return self.tokens[self.ends[i - 1] if i else 0 : self.ends[i]]

class Windows:                           # to torch a Dataset of (tokens, targets)
    def __init__(self, shard, cols):
        self.tokens, self.cols = shard.tokens, cols
    def __len__(self):
        return (len(self.tokens) - 1) // self.cols
    def __getitem__(self, i):
        w = self.tokens[i * self.cols : (i + 1) * self.cols + 1].astype(np.int64)
        return w[:-1], w[1:]

def packed(path):                        # train-00000.arrow: rows of equal length, and where documents end in each
    f = pa.ipc.open_file(pa.memory_map(str(path)))
    for b in map(f.get_batch, range(f.num_record_batches)):
        yield b["input_ids"].flatten().to_numpy().reshape(len(b), -1), b["ends"], b["n_tokens"]

# DataLoader(Windows(Shard(path), 2048), 8, sampler=range(seen + rank, n, world)) goes on after `seen` of n samples
