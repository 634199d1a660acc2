package main

import (
	"strings"
	"unicode/utf8"
)

// spellings are special and other added tokens of the vocabularies that are tested, and what only looks like one.
var spellings = []string{
	"<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|endofprompt|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|end_of_text|>",
	"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|python_tag|>", "<|finetune_right_pad_id|>", "<|reserved_special_token_7|>", "<|start|>", "<|message|>",
	"<|channel|>", "<|return|>", "<|call|>", "<|constrain|>", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>",
	"<tool_call>", "</tool_call>", "<tool_response>", "<|vision_start|>", "<|object_ref_start|>", "<s>", "</s>", "<unk>", "<pad>", "<bos>", "<eos>", "<start_of_turn>",
	"<end_of_turn>", "<0x0A>", "<unused7>", "[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "[INST]", "[/INST]", "<<SYS>>", "<extra_id_0>", "<extra_id_99>",
	"<|endoftext", "endoftext|>", "<|", "|>", "<|endoftext|", "< |endoftext|>", "<<|endoftext|>>", "<|ENDOFTEXT|>",
}

// specials puts a spelling into each document about every 200 bytes: at a space, in place of it, or within a word.
func specials(docs [][]byte) [][]byte {
	r := random(2)
	made := make([][]byte, 0, len(docs))
	for _, d := range docs {
		d = d[:min(len(d), 8000)]
		for len(d) > 0 && !utf8.Valid(d) {
			d = d[:len(d)-1]
		}
		var b []byte
		next := r.below(200)
		for i, c := range string(d) {
			if i < next {
				b = utf8.AppendRune(b, c)
				continue
			}
			next = i + 1 + r.below(400)
			s := spellings[r.below(len(spellings))]
			switch r.below(5) {
			case 0:
				s += s
			case 1:
				s = " " + s
			case 2:
				s += " "
			case 3:
				s = "\n" + s + "\n"
			}
			b = append(b, s...)
			b = utf8.AppendRune(b, c)
		}
		made = append(made, b)
	}
	return made
}

// spaces are what patterns treat in ways of their own.
var spaces = []string{" ", "  ", "\t", "\n", "\r\n", "\r", "\u00a0", "\u0085", "\u2003", "\u2028", "\u202f", "\u3000", "\u200b", "\u200d", "\ufeff", " \n ", "\n\n\n", "\v", "\f"}

// marks are beginnings and ends that patterns know, beside what only resembles them.
var marks = []string{"'s", "'S", "'ſ", "'re", "'RE", "'ll", "'lL", "'ve", "'d", "'t", "'m", "’s", "''", "/", "//", "\r\n/", "1", "12", "123", "1234", "٣", "²", "Ⅷ", "½", "ǅ", "ß", "ẞ", "İ", "ı", "ﬁ",
	"é", "e\u0301", "A\u030a", "ａｂ", "が", "か\u3099", "각", "\u1100\u1161\u11a8", "👩\u200d👩\u200d👧", "🇫🇷", "❤\ufe0f", "_", "__", "-", "--", "=>", "!=", "…", "。", "，", "¿", "▁", "Ġ", "<0x41>", "\x00", "\x7f"}

// blocks are ranges of code points from which random words are drawn: scripts with and without case, marks, digits, symbols.
var blocks = [][2]rune{
	{0x20, 0x7e}, {0x20, 0x7e}, {0x41, 0x5a}, {0x61, 0x7a}, {0x30, 0x39}, {0xa0, 0xff}, {0x100, 0x24f}, {0x250, 0x2af}, {0x2b0, 0x36f}, {0x370, 0x3ff}, {0x400, 0x52f}, {0x531, 0x58f},
	{0x590, 0x5ff}, {0x600, 0x6ff}, {0x900, 0x97f}, {0xe00, 0xe7f}, {0xf00, 0xfff}, {0x10a0, 0x10ff}, {0x1100, 0x11ff}, {0x13a0, 0x13ff}, {0x1780, 0x17ff}, {0x1e00, 0x1eff}, {0x1f00, 0x1fff},
	{0x2000, 0x206f}, {0x2070, 0x209f}, {0x20a0, 0x20cf}, {0x2100, 0x218f}, {0x2190, 0x23ff}, {0x2460, 0x24ff}, {0x2c00, 0x2dff}, {0x3000, 0x303f}, {0x3041, 0x30ff}, {0x3131, 0x318e}, {0x4e00, 0x9fff},
	{0xa640, 0xa7ff}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfb00, 0xfdff}, {0xfe00, 0xfe6f}, {0xff00, 0xffef}, {0x10400, 0x1044f}, {0x1d400, 0x1d7ff}, {0x1f300, 0x1faff}, {0x20000, 0x2a6df}, {0xe000, 0xe0ff},
}

// odd makes texts that no one writes: what splits wrongly in real text once in a hundred megabytes is in here a thousand times.
func odd() [][]byte {
	r := random(3)
	var docs [][]byte
	for range 4000 {
		var b []byte
		block := blocks[r.below(len(blocks))]
		for range 1 + r.below(120) {
			switch r.below(10) {
			case 0, 1, 2:
				b = append(b, spaces[r.below(len(spaces))]...)
			case 3:
				b = append(b, marks[r.below(len(marks))]...)
			case 4:
				block = blocks[r.below(len(blocks))]
			default:
				for range 1 + r.below(6) {
					b = utf8.AppendRune(b, block[0]+rune(r.below(int(block[1]-block[0]+1))))
				}
			}
		}
		docs = append(docs, b)
	}
	// Code points of the first two planes in order, each where its class shows in the ids: beside a letter, before "\x", which is a token, and within a number. Of
	// ideographs, syllables and private use a sample is enough.
	var b []byte
	for c, n := rune(0), 0; c < 0x20000; c++ {
		many := 0x3400 <= c && c < 0xa000 || 0xac00 <= c && c < 0xf900 || 0x17000 <= c && c < 0x18d00
		if !utf8.ValidRune(c) || many && c%61 != 0 {
			continue
		}
		b = append(utf8.AppendRune(append(b, 'a'), c), " a"...)
		b = append(utf8.AppendRune(b, c), `\x 1`...)
		b = append(utf8.AppendRune(b, c), "2345 "...)
		if n++; n%256 == 0 {
			docs, b = append(docs, b), nil
		}
	}
	docs = append(docs, b)
	for _, s := range []string{"a", "A", "é", "ö", "я", "中", "あ", "각", "1", "!", "/", "'", " ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "👍", "ab", "the ", "Word", " 'S", "x1", "= ", "\x00"} {
		for _, n := range []int{1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 255, 256, 300, 1000, 5000} {
			docs = append(docs, []byte(strings.Repeat(s, n)), []byte("x"+strings.Repeat(s, n)+"y"))
		}
	}
	return docs
}
