package tokenize
import ("testing";"fmt";"golang.org/x/text/unicode/norm")
func TestYY(t *testing.T) {
	for _, set := range []string{"en","code","multi"} {
		chunks,total := zzLoad(set)
		fmt.Printf("%s isnormal %.0f\n", set, zzBest(chunks,total,func(d []byte){ norm.NFC.IsNormal(d)}))
	}
}
func TestYY2(t *testing.T) {
	for _, set := range []string{"en","code","multi"} {
		chunks,total := zzLoad(set)
		eachKind(func(k string) { fmt.Printf("%s %s isnormal %.0f\n", set, k, zzBest(chunks,total,func(d []byte){ isNormal(norm.NFC, d)})) })
	}
}
