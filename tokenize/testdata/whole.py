# Writes the lines of whole.jsonl.gz: small tokenizers, with what Hugging Face's library (tokenizers 0.23.3) makes of texts.
# usage: python whole.py | gzip -9n > whole.jsonl.gz
import itertools, json
from tokenizers import Tokenizer, AddedToken, Regex, normalizers as N, pre_tokenizers as P, decoders as D, processors as R
from tokenizers.models import WordLevel, BPE, WordPiece, Unigram

TEXTS = ["", " ", "hello world", "Hello  World", " the end of it ", "abcab ab  abc", "a\U0001f600b\u00e9\u4e2d\u6587c", "x \u00a0y\r\nz", "lowered LOWER low", "unaffable, unknownish!",
         "<mask> a<mask>b <mask>  c", "my[X]name [X] is[Y][Z] [Y]", "AB ab Ab aB", "yes-no yesno yes", "e\u0301t\u00e9 \u4e2d\u6587 \u00c0", "\u2581a \u2581\u2581b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ababababab" * 6]

def row(t, pairs=False, special=(False, True)):
    cases = []
    for s in special:
        for x in TEXTS:
            for y in ([None, "ab the end"] if pairs else [None]):
                try:
                    e = t.encode(x, y, add_special_tokens=s)
                except BaseException as err:
                    cases.append({"text": x, "pair": y, "template": s, "error": True})
                    continue
                cases.append({"text": x, "pair": y, "template": s, "ids": e.ids, "offsets": e.offsets, "types": e.type_ids, "special": e.special_tokens_mask, "attention": e.attention_mask, "decoded": t.decode(e.ids, skip_special_tokens=False)})
    print(json.dumps({"config": json.loads(t.to_str()), "cases": cases}, ensure_ascii=True, sort_keys=True, separators=(",", ":")))

END = AddedToken("</s>", special=True, normalized=False)

def bpe(extra=(), merges=(), **k):
    words = ["<unk>"] + list(extra) + list("abcdefghilmnoprstuwxyz") + ["\u2581"]
    ms = list(merges) or [("a", "b"), ("ab", "c"), ("l", "o"), ("lo", "w"), ("\u2581", "t"), ("\u2581t", "h"), ("\u2581th", "e"), ("e", "r"), ("b", "a"), ("\u2581", "\u2581"), ("a", "a"), ("aa", "aa")]
    p = k.get("continuing_subword_prefix") or ""
    for a, b in ms:
        for w in (a, b, a + b[len(p):]):
            if w not in words:
                words.append(w)
    return BPE(vocab={w: i for i, w in enumerate(words)}, merges=ms, unk_token="<unk>", **k)

BYTES = ["<0x%02X>" % i for i in range(256)]
for fuse, fallback in itertools.product([False, True], [False, True]):
    t = Tokenizer(bpe(BYTES if fallback else [], fuse_unk=fuse, byte_fallback=fallback))
    t.normalizer = N.Sequence([N.Prepend("\u2581"), N.Replace(" ", "\u2581")])
    t.decoder = D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    t.add_special_tokens([END])
    row(t, special=(False,))
for scheme, split in itertools.product(["always", "first", "never"], [False, True]):
    t = Tokenizer(bpe(BYTES, fuse_unk=True, byte_fallback=True))
    t.pre_tokenizer = P.Metaspace(prepend_scheme=scheme, split=split)
    t.decoder = D.Metaspace(prepend_scheme=scheme, split=split)
    t.add_special_tokens([END])
    t.add_tokens([AddedToken("<mask>", normalized=False), AddedToken("[X]", normalized=False, rstrip=True), AddedToken("[Y]", lstrip=True, normalized=False)])
    row(t, special=(False,))
t = Tokenizer(bpe(BYTES, fuse_unk=True, byte_fallback=True, ignore_merges=True))
t.normalizer = N.Replace(" ", "\u2581")
t.add_special_tokens([END])
row(t, special=(False,))
t = Tokenizer(bpe(["w</w>", "ow</w>"], merges=[("l", "o"), ("lo", "w</w>")], end_of_word_suffix="</w>", fuse_unk=True))
t.normalizer, t.pre_tokenizer, t.decoder = N.Lowercase(), P.Whitespace(), D.BPEDecoder()
t.add_special_tokens([END])
row(t, special=(False,))
t = Tokenizer(bpe(["##o", "##w", "##b"], merges=[("l", "##o"), ("lo", "##w"), ("a", "##b")], continuing_subword_prefix="##"))
t.pre_tokenizer = P.WhitespaceSplit()
t.add_special_tokens([END])
row(t, special=(False,))

UNI = [("<unk>", 0.0), ("</s>", 0.0), ("\u2581", -2.0), ("a", -3.0), ("b", -3.5), ("ab", -4.0), ("abc", -5.5), ("c", -3.25), ("l", -4.0), ("o", -3.75), ("w", -4.5), ("low", -6.0), ("\u2581the", -3.0), ("e", -2.5), ("er", -4.25),
       ("d", -3.0), ("n", -3.0), ("end", -7.0), ("aa", -6.0), ("aaaa", -12.0), ("\u2581a", -4.0), ("t", -3.0), ("h", -3.0), ("\u00e9", -5.0)]
for fallback, pre in itertools.product([False, True], [P.Metaspace(), P.Metaspace(prepend_scheme="first"), P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), P.Metaspace(split=False)]):
    t = Tokenizer(Unigram(UNI + [(b, 0.0) for b in BYTES] if fallback else UNI, 0, fallback))
    t.normalizer = N.Sequence([N.NFKC(), N.Strip(left=False, right=True), N.Replace(Regex(" {2,}"), "\u2581")])
    t.pre_tokenizer, t.decoder = pre, D.Metaspace()
    t.post_processor = R.TemplateProcessing("$A </s>", "$A </s> $B:1 </s>:1", [("</s>", 1)])
    t.add_special_tokens([END])
    row(t, pairs=True)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "world", "the", "end", "of", "it", "low", "##er", "##ed", "un", "##aff", "##able", "##a", "a", "##b", "ab", "##ab", "##c", "e", "##t", "##e", ",", "!", "<", ">", "mask", "\u4e2d", "\u6587",
         "[", "]", "x", "y", "z", "name", "is", "my", "yes", "no", "-", "b", "c"]
def bert(lower=True, post=None):
    t = Tokenizer(WordPiece({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]", max_input_chars_per_word=30))
    t.normalizer, t.pre_tokenizer, t.decoder = N.BertNormalizer(lowercase=lower), P.BertPreTokenizer(), D.WordPiece()
    t.add_special_tokens([AddedToken(w, special=True) for w in WORDS[:4]])
    t.post_processor = post
    return t
row(bert(post=R.TemplateProcessing("[CLS] $0 [SEP]", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)])), pairs=True)
row(bert(post=R.BertProcessing(("[SEP]", 3), ("[CLS]", 2))), pairs=True)
row(bert(post=R.RobertaProcessing(("[SEP]", 3), ("[CLS]", 2))), pairs=True)
row(bert(lower=False), special=(False,))
for strategy, direction, length in [("longest_first", "right", 6), ("longest_first", "left", 7), ("only_first", "right", 9), ("only_second", "right", 8), ("longest_first", "right", 3)]:
    t = bert(post=R.TemplateProcessing("[CLS] $0 [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]))
    t.enable_truncation(length, strategy=strategy, direction=direction)
    row(t, pairs=True)
for k in [{}, {"length": 12}, {"length": 7, "direction": "left"}, {"pad_to_multiple_of": 8}, {"length": 9, "pad_to_multiple_of": 4, "pad_id": 1, "pad_type_id": 1}]:
    t = bert(post=R.TemplateProcessing("[CLS] $0 [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]))
    t.enable_padding(**k)
    row(t, pairs=True)

for l, r, s, n in itertools.product([False, True], repeat=4):
    t = bert()
    t.add_tokens([AddedToken("<mask>", lstrip=l, rstrip=r, single_word=s, normalized=n), AddedToken("AB", lstrip=l, rstrip=r, single_word=s, normalized=n), AddedToken("yes", single_word=s, normalized=n), AddedToken("\u00c9t\u00e9", lstrip=l, normalized=n)])
    row(t, special=(False,))
