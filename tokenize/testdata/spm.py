# Writes the lines of spm.jsonl.gz: what SentencePiece (0.2.3) makes of texts with the models of ../sentencepiece/testdata and with user.model.
# user.model is trained here, on sample.txt: BPE with bytes, symbols of a user's and extra space taken away.
# usage: python spm.py | gzip -9n > spm.jsonl.gz
import json, os, random
import sentencepiece as sp

here = os.path.dirname(os.path.abspath(__file__))
if not os.path.exists(here + "/user.model"):
    os.chdir(here)  # the file keeps the paths that it was trained with
    sp.SentencePieceTrainer.train(input="sample.txt", model_prefix="user", model_type="bpe", vocab_size=700, byte_fallback=True, hard_vocab_limit=False,
        user_defined_symbols=["<sep>", "[X]", "th", "▁▁"], normalization_rule_name="identity", minloglevel=2, num_threads=1)
    os.remove(here + "/user.vocab")
random.seed(5)
ATOMS = ["a", "the", "low", "er", "To be", "or", "not", " ", "  ", "\n", "\t", "▁", "▁▁", "é", "e\u0301", "中文", "\U0001f600", "ﬁ", "½", "<sep>", "[X]", "th", "<unk>", "<s>", "<0x41>", ",", "12", "oo", "==", "\u00a0", "\u3000", "\u200d", "\u0000"]
TEXTS = ["", " ", "To be, or not to be: that is the question."] + ["".join(random.choice(ATOMS) for _ in range(random.randint(1, 12))) for _ in range(250)]
for name in ["../sentencepiece/testdata/bpe.model", "../sentencepiece/testdata/tiny.model", "../sentencepiece/testdata/bytes.model", "user.model"]:
    m = sp.SentencePieceProcessor(model_file=os.path.join(here, name))
    cases = []
    for t in TEXTS:
        ids = m.encode(t)
        other = [random.randrange(m.get_piece_size()) for _ in range(random.randint(0, 12))]
        cases.append([t, ids, m.decode(ids), other, m.decode(other)])
    print(json.dumps({"model": name, "cases": cases}, separators=(",", ":")))
