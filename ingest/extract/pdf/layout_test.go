package pdf

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	p := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(p, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the diff\n%s", name, got)
	}
}

// mills is running text in which "|" marks where a word may be broken.
const mills = `A wind|mill is a struc|ture that con|verts wind power into rota|tional energy using vanes called sails, by tradi|tion to mill grain. The well-|known post mill turns as a whole to|ward the wind; the tower mill only turns its cap. A self-|regu|lating sail was invented late.
Wind|mills were used through|out the high medi|eval and early modern peri|ods, and the hori|zontal mill first ap|peared in Per|sia. The dif|fer|ence between the two is the axis, as any well-known book on mills ex|plains to its read|ers.
Long after|wards steam en|gines took over the work of grind|ing, and then of pump|ing water from low land, so that only few mills re|main that still work as they did when they were built.
`

// The pages of a paper in two columns: a title and authors over both, a head, numbers of pages, notes, a wide caption, a table, and the
// list of references at the end.
func paperPages() []string {
	var pages []string
	rest := strings.Repeat(mills, 7)
	for n := range 3 {
		s := &setter{size: 10}
		top := 740.0
		if n == 0 {
			s.size = 18
			s.line("C", 120, 740, "On Wind and Water Mills")
			s.size = 10
			s.line("C", 150, 710, "Ann Miller")
			s.line("C", 380, 710, "Bob Baker")
			s.line("C", 130, 698, "First University")
			s.line("C", 350, 698, "Second University")
			top = 660
		} else {
			s.size = 8
			s.line("C", 50, 770, "Miller and Baker: On Mills")
			s.line("C", 530, 770, fmt.Sprint(n+41))
			s.size = 10
		}
		for _, x := range []float64{50, 320} {
			y, bottom := top, 120.0
			if n == 1 && x == 50 {
				s.line("C", x, y-40, "Figure 1: A wide picture of a mill whose caption runs over the whole width of the page.")
			}
			if n == 1 {
				y = top - 80
			}
			y, rest = s.column(x, y, bottom, 40, rest)
			if n == 2 && rest == "" && x == 50 {
				s.line("B", x, y-14, "Table 1: Sizes of mills")
				for i, row := range [][3]string{{"Kind", "Height", "Sails"}, {"Post mill", "12.5", "4"}, {"Tower mill", "25", "6"}} {
					for k, cell := range row {
						s.line("C", x+float64(90*k), y-28-float64(12*i), cell)
					}
				}
				s.line("B", x, y-80, "References")
				s.column(x, y-94, 60, 40, "[1] A. Author. A book on mills. 1999.\n[2] B. Writer. Another. 2001.")
				s.line("B", 320, top, "Appendix A")
				s.column(320, top-14, 100, 40, "What the appendix says about mills comes after the references.")
				break
			}
			if n == 0 && x == 50 {
				s.size = 7
				s.line("C", x, 100, "* This note stands below the left column only.")
				s.size = 10
			}
		}
		if n == 0 {
			s.size = 8
			s.line("C", 300, 40, "41")
			s.b.WriteString("BT /C 12 Tf 0 1 -1 0 20 300 Tm (arXiv:2401.00001v1 [cs.ML] 1 Jan 2024) Tj ET\n")
		}
		pages = append(pages, s.b.String())
	}
	return pages
}

func TestTwoColumns(t *testing.T) {
	d := read(t, document("", "", paperPages()...).bytes(), Options{})
	golden(t, "columns.txt", "title: "+d.Title+"\n\n"+string(d.Text)+"\n")
	d = read(t, document("", "", paperPages()...).bytes(), Options{References: true})
	if !strings.Contains(string(d.Text), "References\n[1] A. Author. A book on mills. 1999.\n[2] B. Writer. Another. 2001.\nAppendix A") {
		t.Errorf("%s", d.Text)
	}
}

// The order in which a writer shows the lines does not matter where their places tell.
func TestOrderOfShowing(t *testing.T) {
	var shuffled []string
	for _, p := range paperPages() {
		lines := strings.SplitAfter(p, "\n")
		var b strings.Builder
		for i := range lines {
			b.WriteString(lines[(i*7+3)%len(lines)])
		}
		if len(lines)%7 == 0 {
			t.Fatal("not all lines would be shown")
		}
		shuffled = append(shuffled, b.String())
	}
	d := read(t, document("", "", shuffled...).bytes(), Options{})
	golden(t, "columns.txt", "title: "+d.Title+"\n\n"+string(d.Text)+"\n")
}

// onePage sets text in one column.
func onePage(text string) string {
	s := &setter{size: 10}
	s.column(72, 740, 60, 60, text)
	return s.b.String()
}

func TestHyphens(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		d := read(t, document("", "", onePage(text)).bytes(), Options{})
		if !strings.Contains(string(d.Text), want) {
			t.Errorf("%q\n got %q\nwant %q", text, d.Text, want)
		}
	}
	f("The words of this line are so many that only the last is trans-\nlated into another language by someone.", "is translated into")
	f("It is well-known that a line which is as long as this one is well-\nknown to be broken somewhere near its end.", "one is well-known to be")
	f("The data are high quality and a line which is as long is high-\nquality too, where words of both kinds stand.", "is high-quality too")
	f("These words of this line are so many that the last is X-\nray, which is kept since it is a capital letter.", "is X-ray")
	f("The words of this line are so many that only the years 1999-\n2001 are broken, and they are kept as they are.", "1999-2001")
	f("A long address can be found at the place https://example.org/a/\nb/c.html where it goes on in the next line here.", "https://example.org/a/b/c.html where")
}

func TestRunningHeads(t *testing.T) {
	page := func(n int, head, foot string) string {
		s := &setter{size: 10}
		if head != "" {
			s.line("C", 72, 780, head)
		}
		s.column(72, 640, 60, 60, fmt.Sprintf("Text of page %c, which is long enough for more than one line of it.", 'a'+n))
		if foot != "" {
			s.line("C", 290, 30, foot)
		}
		return s.b.String()
	}
	f := func(pages []string, want string) {
		t.Helper()
		d := read(t, document("", "", pages...).bytes(), Options{})
		if got := string(d.Text); got != want {
			t.Errorf("got %q\nwant %q", got, want)
		}
	}
	text := func(n ...int) string {
		var all []string
		for _, i := range n {
			all = append(all, fmt.Sprintf("Text of page %c, which is long enough for more than one line of it.", 'a'+i))
		}
		return strings.Join(all, "\n")
	}
	f([]string{page(0, "Annals of Milling", "1"), page(1, "Annals of Milling", "2")}, text(0, 1))
	f([]string{page(0, "", "17"), page(1, "Miller et al.", "18"), page(2, "On Mills", "19"), page(3, "Miller et al.", "20"), page(4, "On Mills", "21")}, text(0, 1, 2, 3, 4))
	f([]string{page(0, "1 Introduction 1", ""), page(1, "2 Methods 2", ""), page(2, "3 Results 3", "")}, text(0, 1, 2))
	f([]string{page(0, "", "1")}, text(0))
	// A line that stands once is no head.
	f([]string{page(0, "Preface", ""), page(1, "Introduction", "")}, "Preface\n"+text(0)+"\nIntroduction\n"+text(1))
}

func TestCodeAndTables(t *testing.T) {
	s := &setter{size: 10}
	prose := strings.NewReplacer("|", "", "\n", " ").Replace(mills)
	line := func(y float64, text string) { s.line("F", 72, y, text) }
	for i := range 8 { // prose in Helvetica, so that Courier is for code
		line(740-12*float64(i), prose[i*70:i*70+70])
	}
	s.line("C", 72, 620, "func main() {")
	s.line("C", 96, 608, "fmt.Println()")
	s.line("C", 72, 596, "}")
	line(570, "Table 1: Kinds")
	for i, row := range [][3]string{{"Kind", "What it does", "Since"}, {"Post mill", "It turns as a whole", "1180"}, {"", "toward the wind.", ""}, {"Tower mill", "It only turns its cap.", "1300"}} {
		for k, cell := range row {
			if cell != "" {
				s.line("F", 72+float64(130*k), 550-12*float64(i), cell)
			}
		}
	}
	line(480, "1 Windmills ........................ 3")
	line(468, "2 Watermills ........................ 7")
	d := read(t, document("", "", s.b.String()).bytes(), Options{})
	want := `
func main() {
    fmt.Println()
}
Table 1: Kinds
Kind | What it does | Since
Post mill | It turns as a whole toward the wind. | 1180
Tower mill | It only turns its cap. | 1300
1 Windmills ........................ 3
2 Watermills ........................ 7`
	if !strings.HasSuffix(string(d.Text), want) {
		t.Errorf("%s", d.Text)
	}
}

func TestLineNumbers(t *testing.T) {
	s := &setter{size: 10}
	s.column(72, 700, 60, 60, strings.ReplaceAll(mills, "|", ""))
	s.size = 6
	for i := range 14 {
		s.line("C", 50, 700-12*float64(i), fmt.Sprint(i+100))
	}
	d := read(t, document("", "", s.b.String()).bytes(), Options{})
	if strings.ContainsAny(string(d.Text), "0123456789") || !strings.HasPrefix(string(d.Text), "A windmill is a structure") {
		t.Errorf("%s", d.Text)
	}
}
