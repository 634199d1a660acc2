package dedup

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestSentenceBorders(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		var got []string
		sentences([]byte(text), func(from, to int) { got = append(got, text[from:to]) })
		if !slices.Equal(got, want) {
			t.Errorf("%q has %q, want %q", text, got, want)
		}
	}
	f("")
	f(" \n\t ")
	f("One. Two! Three? Four", "One.", "Two!", "Three?", "Four")
	f("He said \"No.\" Then (twice!) he went...  Gone?! Yes.", "He said \"No.\"", "Then (twice!)", "he went...", "Gone?!", "Yes.")
	f("The value is 3.14 and v1.2 e.g. this, i.e. that. Mr. Smith and J. R. Jones met Dr. No in St. Ives.", "The value is 3.14 and v1.2 e.g. this, i.e. that.", "Mr. Smith and J. R. Jones met Dr. No in St. Ives.")
	f("ends.mid word. lower goes on. Upper", "ends.mid word. lower goes on.", "Upper")
	f("one line\ntwo lines\n\nthree\n \nfour\n", "one line\ntwo lines", "three", "four")
	f("今天下雨。明天呢？好！走吧", "今天下雨。", "明天呢？", "好！", "走吧")
	f("Ça va ? Oui… Élan.\u00a0Été.", "Ça va ?", "Oui…", "Élan.", "Été.")
	f("bad \xff\xfe bytes. \xc2", "bad \xff\xfe bytes.", "\xc2")
}

// The texts of datatrove's tests/pipeline/dedup/test_sentence_deduplication.py.
const (
	brave = "A SQUAT grey building of only thirty-four stories. Over the main entrance the words, CENTRAL LONDON HATCHERY " +
		"AND CONDITIONING CENTRE, and, in a shield, the World State's motto, COMMUNITY, IDENTITY, STABILITY. The enormous" +
		" room on the ground floor faced towards the north. Cold for all the summer beyond the panes, for all the " +
		"tropical heat of the room itself, a harsh thin light glared through the windows, hungrily seeking some draped " +
		"lay figure, some pallid shape of academic goose-flesh, but finding only the glass and nickel and bleakly shining" +
		" porcelain of a laboratory. " + winter + " And this, said the Director " +
		"opening the door, 'is the Fertilizing Room.'"
	winter = "Wintriness responded to wintriness. The overalls of the workers were white, their " +
		"hands gloved with a pale corpse-coloured rubber. The light was frozen, dead, a ghost. Only from the yellow " +
		"barrels of the microscopes did it borrow a certain rich and living substance, lying along the polished tubes " +
		"like butter, streak after luscious streak in long recession down the work tables."
	google = "What wintriness even mean ?" +
		"If you google it you will find that pretty bus it is used as a word in this book and pretty much it."
	riders = "Arise, arise, Riders of Théoden! Fell deeds awake: fire and slaughter! Spear shall be shaken, shield be " +
		"splintered, a sword-day, a red day, ere the sun rises!"
	bed = "I hope you're pleased with yourselves. We could all have been killed — or worse, expelled. Now if you don't " +
		"mind, I'm going to bed."
	acacia = "Meycauayan Tree is one of the three acacia trees (Samanea saman) located in the patio of the Parish Church " +
		"of St. Francis of Assisi in Meycauayan City, Bulacan, Philippines. Planted by an unknown person, it has " +
		"stood on the grounds of the parish church for almost a century and a half."
	marl = "Geologically the Castelltallat range is made up of limestone and marl mountains oriented WSW-ENE. " +
		"The highest point of the range is the 936 m high 'Tossal'. The northern slopes are steep and forested, " +
		"while the southern slopes are used for agriculture owing to their lesser inclination. Most of the mountain " +
		"belongs to the municipality of Sant Mateu de Bages while the western part lies within the municipalities " +
		"of Pinós and La Molsosa. The village of Castelltallat was a municipality until 1840 when it became part " +
		"of San Mateu de Bages municipal term. The parish church of Sant Miquel has been documented since 1031 " +
		"and is located at an altitude of 887 m."
	meteorite = "Chukanovite was first discovered in weathered cavities of a meteorite which fell near the small village " +
		"of Dronino, 350 km southeast of Moscow, Russia, but the mineral has since been found elsewhere in cavities" +
		" of other iron-rich meteorites. It occurs primarily in association with goethite, akaganeite, hematite, " +
		"hibbingite, reevesite, honessite, and kamacite, though the meteorites that contain chukanovite also tend " +
		"to contain taenite and chromite. Individual crystals form from a reaction between kamacite and cold " +
		"water that is rich in dissolved carbon dioxide, during which they adopt a fibrous to acicular habit and " +
		"grow to an average size of roughly 0.5 mm in length and 2-3 μm in thickness. Individual crystals tend to " +
		"coalesce within the meteorite cavities into porous collections or crusts of spherulites, each with a " +
		"diameter of about 1 mm."
	sums = "1 + 1 = 2, 2 + 2 = 4, 4 + 4 = 8, ..."
	rs1  = "K3V9Q0ZJ1M8XW2LT5RBA!"
	rs2  = "P7D4H6YEC0SN9GUFOI2K!"
)

func sentenceConfig(change func(s *Sentences)) Config {
	s := DefaultSentences()
	s.LeftWords, s.LeftSentences = 0, 0
	if change != nil {
		change(&s)
	}
	return Config{Sentences: &s}
}

func TestDatatroveSentences(t *testing.T) {
	docs := []string{brave, winter + " " + google, brave + " " + rs1, rs1 + " " + brave + " " + rs2, riders, riders + " " + bed}
	got, _ := left(t, sentenceConfig(nil), docs...)
	same(t, got, brave, google, rs1, rs1+" "+rs2, riders, bed)
	more := []string{acacia, marl, meteorite + strings.Repeat(" "+meteorite, 10), riders, sums, meteorite, marl}
	got, _ = left(t, sentenceConfig(nil), more...)
	same(t, got, acacia, marl, meteorite, riders, sums, "gone", "gone")
	got, _ = left(t, sentenceConfig(nil), append(slices.Clone(more), docs...)...)
	same(t, got, acacia, marl, meteorite, riders, sums, "gone", "gone", brave, google, rs1, rs1+" "+rs2, "gone", bed)
	got, r := left(t, sentenceConfig(func(s *Sentences) { s.LeftWords, s.LeftSentences = 50, 3 }), docs...)
	same(t, got, brave, "gone", "gone", "gone", riders, "gone")
	if n := r.Ledger.Reasons("dropped")["dedup.sentences"]; n != 4 {
		t.Errorf("%d documents dropped, want 4", n)
	}
	got, _ = left(t, sentenceConfig(nil), "First sentence. Second sentence! Third sentence? Fourth sentence.", "First sentence. Second sentence! Third sentence? Different ending.", "Too short.", "Too short.")
	same(t, got, "First sentence. Second sentence! Third sentence? Fourth sentence.", "Different ending.", "Too short.", "Too short.")
}

func TestSentenceRunsAreClosed(t *testing.T) {
	c := sentenceConfig(func(s *Sentences) { s.Span = 1 })
	const known = "Known one. Known two. Known three."
	f := func(text, want string) {
		t.Helper()
		got, _ := left(t, c, known, text)
		same(t, got, known, want)
	}
	f("New here. Known one. And more.\n", "New here. And more.\n")
	f("  Known one.  New here.", "New here.")
	f("New here.\n\nKnown one. New there.\n\nLast.", "New here.\n\nNew there.\n\nLast.")
	f("New here. Known one.\n\nNew there.", "New here.\n\nNew there.")
	f("New here.\n\nKnown one. Known two.\n\nNew there. Known three.\n", "New here.\n\nNew there.\n")
	f("KNOWN, one! Known... two? New.", "Known... two? New.")
	c = sentenceConfig(func(s *Sentences) { s.Span, s.MinWords = 1, 3 })
	f("New here. Known one. Known two. And. Known three. More.", "New here. And. Known three. More.")
}

// TestSentenceOracle compares with windows over the sentences of texts, in maps.
func TestSentenceOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for range 30 {
		texts := make([]string, 1+r.IntN(25))
		for i := range texts {
			var s []string
			for range 1 + r.IntN(9) {
				s = append(s, fmt.Sprintf("Say %cx.", 'A'+r.IntN(4)))
			}
			texts[i] = strings.Join(s, " ")
		}
		span := 1 + r.IntN(4)
		seen := map[string]bool{}
		docs := map[string]map[int]bool{}
		var want []string
		for i, text := range texts {
			s := strings.SplitAfter(text, ". ")
			gone := make([]bool, len(s))
			for j := 0; j+span <= len(s); j++ {
				k := strings.TrimSpace(strings.Join(s[j:j+span], "")) + " "
				if seen[k] {
					for x := range span {
						gone[j+x] = true
					}
				}
				seen[k] = true
				if docs[k] == nil {
					docs[k] = map[int]bool{}
				}
				docs[k][i] = true
			}
			var kept []string
			for j := range s {
				if !gone[j] {
					kept = append(kept, strings.TrimSpace(s[j]))
				}
			}
			want = append(want, strings.Join(kept, " "))
			if len(kept) == 0 {
				want[i] = "gone"
			}
		}
		got, _ := left(t, sentenceConfig(func(s *Sentences) { s.Span = span }), texts...)
		if !slices.Equal(got, want) {
			t.Fatalf("span %d of %q\nleft %q\nwant %q", span, texts, got, want)
		}
	}
}
