package extract

import "testing"

func TestShownDate(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := shownDate([]byte(s)); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
	f("2019-11-25", "2019-11-25")
	f("Published 2019/11/25 10:30", "2019-11-25")
	f("25.11.2019, 10:30 Uhr", "2019-11-25")
	f("Stand: 3.4.2021", "2021-04-03")
	f("25/11/2019", "2019-11-25")
	f("11/25/2019", "2019-11-25")
	f("03/04/2021", "") // either of two days
	f("04/04/2021", "2021-04-04")
	f("November 25, 2019", "2019-11-25")
	f("Nov. 5th 2019 at noon", "2019-11-05")
	f("25th of November 2019", "2019-11-25")
	f("Montag, 3. März 2020", "2020-03-03")
	f("le 1er août 2018", "2018-08-01")
	f("25 de noviembre de 2019", "2019-11-25")
	f("3 stycznia 2022", "2022-01-03")
	f("25 ноября 2019 г.", "2019-11-25")
	f("2019年11月25日", "2019-11-25")
	f("25 Kasım 2019", "2019-11-25")
	f("32 November 2019", "")
	f("25.13.2019", "")
	f("25 November 1019", "")
	f("in 2019 there were 11 mills and 25 millers", "")
	f("12 345 6789", "")
	f("99999999999999999999.1.2020", "")
	f("", "")
}

func TestShownAuthor(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := shownAuthor(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
	f("By Ann Writer", "Ann Writer")
	f("Von Anna von Muster, 3. Mai 2020", "Anna von Muster")
	f("Text: Anna Muster | Fotos: B. Bild", "Anna Muster")
	f("Автор: Иван Петров", "Иван Петров")
	f("por María José de la Cruz", "")
	f("By our own staff", "")
	f("Redaktion", "")
	f("Ann Writer @annw", "Ann Writer")
	f("", "")
}

func TestByline(t *testing.T) {
	var x HTML
	f := func(above, date, author string) {
		t.Helper()
		p, err := x.Extract([]byte("<title>The old mill grinds</title><h1>The old mill grinds</h1>" + above + "<p>" + long + "</p><p>" + long))
		if err != nil {
			t.Fatal(err)
		}
		if p.Date != date || p.Author != author {
			t.Errorf("%s: %q by %q, want %q by %q", above, p.Date, p.Author, date, author)
		}
	}
	f(`<div class="byline">By Ann Writer</div><div class="date">3 May 2020</div>`, "2020-05-03", "Ann Writer")
	f(`<p>Posted on 2020-05-03</p>`, "2020-05-03", "")
	f(`<meta name=date content=2021-01-01><div>3 May 2020</div>`, "2021-01-01", "")
	f(`<div>By Ann Writer</div>`, "", "") // nothing says that it is an author
}
