"""Asks Hugging Face's tokenizers. For each learned-SPLIT.json it writes learned-SPLIT.jsonl, texts with the ids that it gives, and
learned-SPLIT.merges, what its own trainer learns from sample.txt with that split pattern and vocabulary size. deep-SPLIT.merges is what it
learns from all of the texts until no pair is left that is met twice, without an alphabet to begin with."""
import glob
import json
import os

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

here = os.path.dirname(os.path.abspath(__file__))
sample = open(os.path.join(here, "sample.txt"), encoding="utf-8", newline="").read().split("----\n")
texts = sample + [json.loads(line)["text"] for line in open(os.path.join(here, "gpt35turbo.jsonl"), encoding="utf-8")]
for path in sorted(glob.glob(os.path.join(here, "learned-*.json"))):
    tokenizer = Tokenizer.from_file(path)
    with open(path + "l", "w", encoding="utf-8") as out:
        for text in texts:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            out.write(json.dumps({"text": text, "ids": ids}, separators=(",", ":")) + "\n")

    def train(name, texts, **options):
        trained = Tokenizer(models.BPE())
        trained.pre_tokenizer = tokenizer.pre_tokenizer
        trained.train_from_iterator(texts, trainers.BpeTrainer(min_frequency=2, show_progress=False, **options))
        with open(path[:-len("json")].replace("learned", name) + "merges", "w", encoding="utf-8") as out:
            for merge in json.loads(trained.to_str())["model"]["merges"]:
                out.write((merge if isinstance(merge, str) else " ".join(merge)) + "\n")

    specials = 4
    train("learned", sample, vocab_size=tokenizer.get_vocab_size() - specials, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    train("deep", texts, vocab_size=100000)
