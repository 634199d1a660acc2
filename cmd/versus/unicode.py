#!/usr/bin/env python3
"""Writes the character classes that tokenize cuts texts by, and asks the tokenizers of others whether they see the same ones.

    python3 -m venv venv && venv/bin/pip install tiktoken==0.14.0 tokenizers==0.23.3 unicodedata2==16.0.0
    venv/bin/python cmd/versus/unicode.py

tokenize/classes.txt comes from the Unicode character database alone (unicodedata2): the class of every code point from 0 as runs, a
letter and how often if more than once. tokenize/testdata/unicode.json comes from tiktoken and Hugging Face's tokenizers alone: for each
class of their regular expressions how many code points are in it and the SHA-256 of these as little-endian u32. A test in Go holds the
first to the second. The exit status is 1 if the two libraries differ from each other: then nothing is written.
"""

import hashlib
import json
import struct
import sys
from itertools import groupby
from pathlib import Path

import tiktoken
import tokenizers
import unicodedata2
from tokenizers import Regex, pre_tokenizers

ROOM = Path(__file__).resolve().parent.parent.parent / "tokenize"
ALL = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CLASSES = [r"\s", r"\p{L}", r"\p{Ll}", r"[\p{Lu}\p{Lt}]", r"[\p{Lm}\p{Lo}]", r"\p{N}", r"\p{M}", r"[\p{P}\p{S}]"]
WHITE_SPACE = {*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}  # PropList.txt
LETTERS = {"Ll": "l", "Lu": "u", "Lt": "u", "Lm": "c", "Lo": "c"}
CHUNK = 4096


def letter(c):
    """The letter of a class, as tokenize/class.go has them."""
    if c in (10, 13):
        return "r"
    if c in WHITE_SPACE:
        return "s"
    category = unicodedata2.category(chr(c))
    return LETTERS.get(category) or {"N": "n", "M": "m", "P": "p", "S": "p"}.get(category[0], "o")


def runs():
    out = ""
    for a, group in groupby(range(0x110000), key=letter):
        n = len(list(group))
        out += a + (str(n) if n > 1 else "")
    return out


def texts():
    for i in range(0, len(ALL), CHUNK):
        yield "".join(map(chr, ALL[i:i + CHUNK]))


def by_tokenizers(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    return [ord(c) for t in texts() for c, _ in split.pre_tokenize_str(t)]


def by_tiktoken(pattern):
    """What a pattern does not match is left out of the ids, which are bytes here."""
    e = tiktoken.Encoding("bytes", pat_str=pattern, mergeable_ranks={bytes([i]): i for i in range(256)}, special_tokens={})
    return [ord(c) for t in texts() for c in bytes(e.encode_ordinary(t)).decode()]


def main():
    golden = {"unicode": unicodedata2.unidata_version, "tiktoken": tiktoken.__version__, "tokenizers": tokenizers.__version__, "classes": {}}
    for pattern in CLASSES:
        one, two = by_tiktoken(pattern), by_tokenizers(pattern)
        if one != two:
            print(f"{pattern}: tiktoken has {len(one)} code points, tokenizers {len(two)}", file=sys.stderr)
            return 1
        digest = hashlib.sha256(b"".join(struct.pack("<I", c) for c in one)).hexdigest()
        golden["classes"][pattern] = {"count": len(one), "sha256": digest}
    (ROOM / "testdata" / "unicode.json").write_text(json.dumps(golden, indent=1) + "\n")
    r = runs()
    lines = [r[i:i + 120] for i in range(0, len(r), 120)]
    (ROOM / "classes.txt").write_text(f"Unicode {unicodedata2.unidata_version}\n" + "\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
