package extract

import (
	"strings"
	"testing"
)

func TestFoldPhrase(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := string(appendPhrase(nil, []byte(s))); got != want {
			t.Errorf("%q folds to %q, want %q", s, got, want)
		}
	}
	f("Read More", "read more")
	f("  »  READ\n more: »", "read more:")
	f("Das könnte Sie auch …", "das konnte sie auch")
	f("&Uuml;ber&nbsp;den Autor", "uber den autor")
	f("&#220;ber uns", "uber uns")
	f("&copy; 2019 Mill &amp; Sons", "© 2019 mill sons")
	f("12 Comments", "comments")
	f("Don’t don't", "dont dont")
	f("À LIRE AUSSI", "a lire aussi")
	f("ĐỌC THÊM", "doc them")
	f("Читайте ТАКЖЕ: ещё", "читайте также: еще")
	f("Διαβάστε Επίσης", "διαβαστε επιση\u03c3")
	f("İLGİLİ haberler", "ilgili haberler")
	f("図：提供／写真", "図:提供 写真")
	f("", "")
	f("→ ★ 🎉", "")
	if got := appendPhrase(nil, []byte(strings.Repeat("word ", 100))); len(got) > maxPhrase {
		t.Errorf("%d bytes, at most %d", len(got), maxPhrase)
	}
}

// webLanguages are those that the extractor has words for.
var webLanguages = strings.Fields("en de fr es pt it nl pl cs sv hu tr id vi ru uk el ar fa zh ja ko")

func TestPhraseLanguages(t *testing.T) {
	have := map[string]phrase{}
	for _, list := range phraseWords {
		have[list.lang] |= list.kind
		for _, w := range list.words {
			folded := appendPhrase(nil, []byte(w))
			kinds, n, _, _ := phrases.match(folded)
			if n != len(folded) || kinds&list.kind == 0 || n == 0 || n >= maxPhrase {
				t.Errorf("%s: %q, folded %q, is not found", list.lang, w, folded)
			}
		}
	}
	for _, lang := range webLanguages {
		if missing := (pAway | pSection | pCredit) &^ have[lang]; missing != 0 {
			t.Errorf("%s has no phrases of kind %b", lang, missing)
		}
	}
}

func TestPhrases(t *testing.T) {
	f := func(s string, kinds phrase, length int, whole bool) {
		t.Helper()
		k, n, w, _ := phrases.match(appendPhrase(nil, []byte(s)))
		if k&kinds != kinds || kinds == 0 && k != 0 || n != length || w != whole {
			t.Errorf("%q: kinds %b, %d bytes, whole %v; want %b, %d, %v", s, k, n, w, kinds, length, whole)
		}
	}
	f("Read more: the mill in pictures", pAway, len("read more"), false)
	f("Readmore", 0, 0, false)
	f("Related articles", pSection, len("related articles"), true)
	f("Kommentare (12)", pSection, len("kommentare"), true)
	f("Kommentarlos ging er.", 0, 0, false)
	f("関連記事はこちら", pAway|pSection, len("関連記事"), false)
	f("(Foto: A. Muster)", pCredit, len("foto:"), false)
	f("Fotografieren ist schön.", 0, 0, false)
	f("The mill", 0, 0, false)
}

// TestSays shows which short blocks are left out of an article, and which sentences that begin alike are not.
func TestSays(t *testing.T) {
	var x HTML
	f := func(block string, keep bool) {
		t.Helper()
		p, err := x.Extract([]byte("<body><article><p>" + long + "</p><p>" + long + "</p><p>" + block + "</p><p>" + long + "</p></article>"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(p.Text), "\n") == 3; got != keep {
			t.Errorf("%q: kept %v, want %v", block, got, keep)
		}
	}
	f("Lesen Sie auch: Die alte Mühle im Tal wird wieder gemahlen", false)
	f("Leia também: o moinho velho do vale volta a moer", false)
	f("Читайте также: старая мельница снова работает", false)
	f("延伸閱讀：山谷裡的老磨坊", false)
	f("あわせて読みたい 谷の古い水車小屋", false)
	f("이 기사는 좋았다. 물레방아가 다시 돈다.", true)
	f("Abonnez-vous à notre lettre d'information", false)
	f("Wir verwenden Cookies, um Ihnen den besten Service zu bieten.", false)
	f("The old mill at dusk. (Photo: A. Writer)", false)
	f("Die alte Mühle am Abend | Foto: A. Muster", false)
	f("Die alte Mühle am Abend © Agentur", false)
	f("Share the flour among the bowls and stir until it is smooth.", true)
	f("Dela upp degen i fyra bitar och rulla dem till bullar.", true)
	f("Download the list before you go to the mill, he said.", true)
	f("Download the list", false)
}
