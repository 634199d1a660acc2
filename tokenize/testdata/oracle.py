"""Writes learned-SPLIT.jsonl: texts with the ids that Hugging Face's tokenizers gives for learned-SPLIT.json."""
import glob
import json
import os

from tokenizers import Tokenizer

here = os.path.dirname(os.path.abspath(__file__))
texts = open(os.path.join(here, "sample.txt"), encoding="utf-8", newline="").read().split("----\n")
texts += [json.loads(line)["text"] for line in open(os.path.join(here, "gpt35turbo.jsonl"), encoding="utf-8")]
for path in sorted(glob.glob(os.path.join(here, "learned-*.json"))):
    tokenizer = Tokenizer.from_file(path)
    with open(path + "l", "w", encoding="utf-8") as out:
        for text in texts:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            out.write(json.dumps({"text": text, "ids": ids}, separators=(",", ":")) + "\n")
