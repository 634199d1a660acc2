"""Writes the models of this folder and what fastText says to lines.txt. Needs the package fasttext-wheel 0.9.2 and numpy < 2:

    python3 gen.py

The models are trained on the comments, lines of code and readmes of this repository, so another state of it gives other models.
gen.py MODEL LINES K THRESHOLD prints what any model says, for the flags -peer.* of the tests.
"""
import glob, os, random, re, struct, sys, tempfile

import fasttext


def say(model, lines, k, threshold):
    """One line of labels and bits of probabilities a line of text. Bytes go in as they are."""
    out = []
    for line in lines:
        answer = model.f.predict(line + b"\n", k, threshold, "strict")
        out.append(" ".join("%s %08x" % (label, struct.unpack("<I", struct.pack("<f", p))[0]) for p, label in answer))
    return "\n".join(out) + "\n"


def load(path):
    fasttext.FastText.eprint = lambda *a: None
    return fasttext.load_model(path)


def read(path):
    return open(path, "rb").read().split(b"\n")[:-1]


def corpus(root):
    """Labeled lines: comments by room, code, English and Chinese prose."""
    out = []
    for path in sorted(glob.glob(root + "/**/*.go", recursive=True)):
        room = os.path.relpath(path, root).split("/")[0].removesuffix(".go")
        for line in open(path, encoding="utf-8"):
            line = line.strip()
            if line.startswith("// ") and len(line) > 40:
                out.append((room if os.path.isdir(root + "/" + room) else "root", line[3:]))
            elif "//" not in line and len(line) > 30 and len(out) % 7 == 0:
                out.append(("code", line))
    for name, label in (("README.md", "readme"), ("README.zh.md", "zh")):
        for line in open(root + "/" + name, encoding="utf-8"):
            if len(line.strip()) > 20:
                out.append((label, line.strip()))
    return out


odd = [b"", b" ", b"</s>", b"one </s> two", b"a", b"<", b">", b"<>", b"__label__code", b"__label__code the text", b"__label__unknown the text",
       b"\tthe\x0btext\x0cof\rthe\x00file ", b"\xff\xfe\x80 the text", b"te\xffxt \xe4\xb8 \x80\x80\x80", "文本 的 文件".encode(), "Ünïcödé naïve façade".encode(),
       b"x" * 300, b"the " * 3000, "😀 the 👩‍👩‍👧 file".encode(), b"The THE the", b"don't stop; it's (so) \"quoted\"..."]


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    os.chdir(here)
    pairs = corpus(os.path.abspath("../../.."))
    random.Random(1).shuffle(pairs)
    lines = odd + [text.encode() for _, text in pairs[:60]]
    open("lines.txt", "wb").write(b"\n".join(lines) + b"\n")
    tmp = tempfile.mkdtemp()
    train, many = tmp + "/train.txt", tmp + "/many.txt"
    open(train, "w").write("".join("__label__%s %s\n" % p for p in pairs[60:]))
    words = [w for w in re.findall(r"[a-z]+", " ".join(t for _, t in pairs)) if len(w) > 3]
    with open(many, "w") as f:
        for i in range(4000):
            label = i % 270
            f.write("__label__%03d %s %s %s\n" % (label, words[label], words[label + 1], words[i]))
    base = dict(input=train, thread=1, verbose=0, seed=7, lr=0.5, epoch=5, minCount=60)
    models = {
        "softmax.bin": (dict(base, dim=10, wordNgrams=2, minn=2, maxn=4, bucket=300), None),
        "hs.bin": (dict(base, dim=16, wordNgrams=3, bucket=200, loss="hs"), None),
        "ova.bin": (dict(base, dim=5, loss="ova", minCount=40), None),
        "ns.bin": (dict(base, dim=8, minn=3, maxn=3, bucket=250, loss="ns"), None),
        "cut.ftz": (dict(base, dim=9, wordNgrams=2, minn=1, maxn=3, bucket=3000), dict(qnorm=True, cutoff=500, dsub=2)),
        "whole.ftz": (dict(base, dim=6, minn=2, maxn=3, bucket=200, loss="hs"), dict(qnorm=False, dsub=4)),
        "many.ftz": (dict(base, input=many, dim=6, minn=3, maxn=4, bucket=100, minCount=3), dict(qnorm=True, qout=True, dsub=2)),
    }
    for name, (options, quantize) in models.items():
        m = fasttext.train_supervised(**options)
        if quantize:
            m.quantize(**quantize)
        m.save_model(name)
        m = load(name)
        open(name + ".best3", "w").write(say(m, lines, 3, 0.0))
        open(name + ".likely", "w").write(say(m, lines, -1, 0.05))
    old = bytearray(open("softmax.bin", "rb").read())
    old[4] = 11  # of this version fastText ignores the subwords
    open(tmp + "/old.bin", "wb").write(old)
    open("softmax.bin.v11", "w").write(say(load(tmp + "/old.bin"), lines, 3, 0.0))


if len(sys.argv) == 5:
    sys.stdout.write(say(load(sys.argv[1]), read(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
else:
    main()
