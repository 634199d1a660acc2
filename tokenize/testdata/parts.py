# Writes the lines of parts.jsonl.gz: what Hugging Face's library (tokenizers 0.23.3) makes of texts with each part of a tokenizer.json.
# usage: python parts.py | gzip -9n > parts.jsonl.gz
import json
from tokenizers import Tokenizer, AddedToken, Regex, normalizers as N, pre_tokenizers as P, decoders as D, processors as R
from tokenizers.models import WordLevel, BPE, WordPiece

def state(x):
    return json.loads(x.__getstate__())

def row(**k):
    print(json.dumps(k, ensure_ascii=True, sort_keys=True))

TEXTS = ["", " ", "Hello", "Hello there!", "  How are   you doing?  ", "\t\r\n a\r\nb \u00a0 c\u3000d\u2003", "élégant e\u0301le\u0301gant", "ÀÉÎ ẞ İstanbul ΑΣ ǅ",
         "野口里佳 Noguchi Rika", "どこで生れ。Yes カタカナーひらがな", "A\u0000B\u0001\u007f\u0085\ufffd\u200b\u200d\ufeff", "100% of $1,234.56 (n°7)…", "don't-can't_x yz—ab «q»", "ﬁ ﬂ ① ½ ㎏ Å Ω",
         "👍🏽👨‍👩‍👧 🇩🇪e\u0301", "ไม่มี ที่นี่ नमस्ते ক্ষ", "한국어 한국", "a,b,,c , d", "``quoted'' ``", "İi\u0307", "the▁mark ▁▁ x", "x\u0345\u0300 q\u0323\u0307", "مرحبا بالعالم 123٤٥٦", "Ⅷ ²³ ౩"]

NORMALIZERS = [N.NFC(), N.NFD(), N.NFKC(), N.NFKD(), N.Lowercase(), N.StripAccents(), N.Strip(), N.Strip(left=True, right=False), N.Strip(left=False, right=True),
    N.Nmt(), N.Prepend("▁"), N.Replace("a", "bb"), N.Replace("''", '"'), N.Replace(Regex(" {2,}"), "▁"), N.Replace(Regex(r"\s+"), " "), N.ByteLevel(), N.BertNormalizer(),
    N.BertNormalizer(lowercase=False), N.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False), N.BertNormalizer(strip_accents=False),
    N.Sequence([N.NFD(), N.StripAccents()]), N.Sequence([N.Strip(), N.Lowercase(), N.Replace(" ", "_")])]
for n in NORMALIZERS:
    row(part="normalizer", config=state(n), cases=[[t, n.normalize_str(t)] for t in TEXTS])

CUTTERS = [P.BertPreTokenizer(), P.Whitespace(), P.WhitespaceSplit(), P.Punctuation(), P.Punctuation("removed"), P.Punctuation("merged_with_previous"), P.Punctuation("merged_with_next"),
    P.Punctuation("contiguous"), P.Digits(), P.Digits(individual_digits=True), P.CharDelimiterSplit(","), P.UnicodeScripts(), P.Metaspace(), P.Metaspace(prepend_scheme="first"),
    P.Metaspace(prepend_scheme="never"), P.Metaspace(split=False), P.FixedLength(length=3), P.Split(" ", "isolated"), P.Split(" ", "removed"), P.Split(" ", "merged_with_previous"),
    P.Split(" ", "merged_with_next"), P.Split(" ", "contiguous"), P.Split(Regex(r"\d+"), "isolated", invert=True), P.Split(Regex(r"\w+|[^\w\s]+"), "removed", invert=True),
    P.Split(Regex(r"\d"), "merged_with_next"), P.Sequence([P.WhitespaceSplit(), P.Punctuation()]), P.Sequence([P.WhitespaceSplit(), P.Metaspace()]),
    P.Sequence([P.Whitespace(), P.Digits(individual_digits=True)]), P.Sequence([P.Metaspace(prepend_scheme="first"), P.Digits()])]
for c in CUTTERS:
    row(part="pre_tokenizer", config=state(c), cases=[[t, [[a, b[0], b[1]] for a, b in c.pre_tokenize_str(t)]] for t in TEXTS])

DECODERS = [D.ByteFallback(), D.ByteLevel(), D.Fuse(), D.Metaspace(), D.Metaspace(prepend_scheme="never"), D.Replace("▁", " "), D.Replace(Regex("a+"), "_"), D.Strip(" ", 1, 0), D.Strip("H", 2, 1),
    D.WordPiece(), D.WordPiece(prefix="", cleanup=False), D.WordPiece(cleanup=False), D.BPEDecoder(), D.CTC(), D.CTC(cleanup=False),
    D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]), D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse()]),
    D.Sequence([D.ByteFallback(), D.Fuse(), D.Replace("a", "b")]), D.Sequence([D.ByteFallback(), D.Metaspace()])]
TOKENS = [[], ["Hey", "friend!"], ["▁Hey", "▁", "my", "▁fr▁iend"], ["<0x61>"], ["<0x61>", "<0xE5>"], ["<0xE5>", "<0x8f>"], ["<0xE5>", "<0x8f>", "<0xab>"], ["<0xE5>", "<0x8f>", "<0xab>", "a"],
    ["a", "<0xE5>", "<0x8f>", "b", "<0xFF>", "<0x20>"], ["<0x20>", "<0x20>", "▁▁x"], ["Hey</w>", "you</w>", "x"], ["##uelo", "Ara", "##új", "##o", "No", "##guera", "!", "do", "not", "n't", "'s"],
    ["<pad>", "<pad>", "h", "e", "e", "l", "l", "<pad>", "l", "o", "o", "o", "<pad>", "|", "|", "w"], ["HHey", "yHH", "H", ""], ["Ġhello", "ÃŃ", "Ã", "日"], ["▁", "▁", "aa", "baa▁"]]
for d in DECODERS:
    cases = []
    for t in TOKENS:
        try:
            cases.append([t, d.decode(t)])
        except BaseException:
            pass  # Strip panics on a token that is shorter than what it strips
    row(part="decoder", config=state(d), cases=cases)
