package tokenize
import ("testing";"fmt";"os";"golang.org/x/text/unicode/norm";"unicode/utf8")
func TestXX(t *testing.T) {
	all, _ := os.ReadFile("/tmp/masks/norm.bin")
	at := 0
	bad := map[rune]string{}
	for r := rune(0); r <= 0x10FFFF; r++ {
		if !utf8.ValidRune(r) { continue }
		for i, f := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			n := int(all[at]); want := string(all[at+1:at+1+n]); at += 1+n
			if got := string(appendNormal(f, nil, []byte("a\u0315"+string(r)+"\u0334"))); got != want { bad[r] += fmt.Sprint(i) }
		}
	}
	last := rune(-2); lb := ""
	var start rune
	for r := rune(0); r <= 0x110000; r++ {
		b := bad[r]
		if b != lb { if lb != "" { fmt.Printf("%U..%U %s\n", start, last, lb) }; start = r; lb = b }
		last = r
	}
	fmt.Println(len(bad))
}
func TestXX2(t *testing.T) {
	all, _ := os.ReadFile("/tmp/masks/norm2.bin")
	next := func() string { n := int(uint32(all[0])|uint32(all[1])<<8|uint32(all[2])<<16); s := string(all[4:4+n]); all = all[4+n:]; return s }
	bad, total := 0, 0
	for len(all) > 0 {
		s := next()
		for _, f := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			want := next()
			got := string(appendNormal(f, nil, []byte(s)))
			a, _ := unicodeForm{f}.normalize(newAligned([]byte(s), true))
			total++
			if got != want || string(a.text) != want {
				bad++
				if bad < 12 { fmt.Printf("%v %+q\n got %+q\nslow %+q\nwant %+q\n", f, s, got, a.text, want) }
			}
		}
	}
	fmt.Println("bad", bad, total)
}
