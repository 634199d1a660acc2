package clean

var openCoderFacts = []Fact{count("opencoder.chars"), {"opencoder.bytes", 1, 1e8, 80, true}, count("opencoder.data_chars"), count("opencoder.words"),
	scale("opencoder.mean_word", 0, 20, 80), share("opencoder.unique_words"), share("opencoder.replacement"),
	share("opencoder.top_2_gram"), share("opencoder.top_3_gram"), share("opencoder.top_4_gram"), share("opencoder.dup_5_grams"),
	share("opencoder.dup_6_grams"), share("opencoder.dup_7_grams"), share("opencoder.dup_8_grams"), share("opencoder.dup_9_grams"),
	share("opencoder.dup_10_grams"), share("opencoder.html_grams"), count("opencoder.lines"), count("opencoder.max_line"),
	{"opencoder.mean_line", 1, 1e4, 60, true}, share("opencoder.dup_lines"), share("opencoder.alphabetic"), share("opencoder.digits"),
	share("opencoder.sql_digits"), share("opencoder.spaces"), share("opencoder.comments"), share("opencoder.xml_header"),
	share("opencoder.generated"), share("opencoder.long_strings"), share("opencoder.strings"), share("opencoder.long_words"),
	share("opencoder.hex"), count("opencoder.encoded_run"), share("opencoder.encoded"), share("opencoder.prompts"),
	share("opencoder.asserts"), share("opencoder.visible"), count("opencoder.visible_chars"), share("opencoder.functions"),
	share("opencoder.prints"), share("opencoder.no_logic"), share("opencoder.no_logic_drawn"), share("opencoder.pass"),
	share("opencoder.imports"), share("opencoder.one_liners"), share("opencoder.broken"), share("opencoder.variables"),
	share("opencoder.go_test")}

// Limits are the bounds in the order in which they rule. What chance decides stands in facts of its own: "opencoder.no_logic_drawn" is
// "opencoder.no_logic" of the files that the draw goes against, "opencoder.go_test" is 1 there.
func (o OpenCoder) Limits() []Limit {
	l := []Limit{
		least("opencoder.chars", float64(o.MinChars), openVerdict("too_short")),
		most("opencoder.data_chars", float64(o.MaxDataChars), openVerdict("data_size")),
		most("opencoder.bytes", float64(o.MaxBytes), openVerdict("too_long")),
		least("opencoder.words", float64(o.MinWords), openVerdict("few_words")),
		{Fact: "opencoder.mean_word", Min: o.MinMeanWord, Max: o.MaxMeanWord, Verdict: openVerdict("mean_word")},
		least("opencoder.unique_words", o.MinUniqueWords, openVerdict("unique_words")),
		most("opencoder.replacement", o.MaxReplacement, openVerdict("replacement")),
		{Fact: "opencoder.lines", Min: float64(o.MinLines), Max: float64(o.MaxLines), Verdict: openVerdict("lines")},
		most("opencoder.max_line", float64(o.MaxLine), openVerdict("long_line")),
		{Fact: "opencoder.mean_line", Min: o.MinMeanLine, Max: o.MaxMeanLine, Verdict: openVerdict("mean_line")},
		least("opencoder.alphabetic", o.MinAlphabetic, openVerdict("alphabetic")),
		most("opencoder.digits", o.MaxDigits, openVerdict("digits")),
		most("opencoder.sql_digits", o.MaxSQLDigits, openVerdict("digits")),
		most("opencoder.spaces", o.MaxSpaces, openVerdict("spaces")),
	}
	for i, limit := range o.MaxTopGrams {
		l = append(l, most(openTop[i], limit, gramVerdict("top", i+2)))
	}
	for i, limit := range o.MaxDupGrams {
		l = append(l, most(openDup[i], limit, gramVerdict("dup", i+5)))
	}
	return append(append(l, o.codeLimits()...), o.languageLimits()...)
}

func (o OpenCoder) codeLimits() []Limit {
	return []Limit{
		most("opencoder.html_grams", o.MaxHTMLGrams, openVerdict("html_grams")),
		most("opencoder.dup_lines", o.MaxDupLines, openVerdict("dup_lines")),
		most("opencoder.comments", o.MaxComments, openVerdict("comments")),
		most("opencoder.xml_header", 0, openVerdict("xml_header")),
		most("opencoder.generated", 0, openVerdict("generated")),
		most("opencoder.long_strings", o.MaxLongStrings, openVerdict("long_strings")),
		most("opencoder.strings", o.MaxStrings, openVerdict("strings")),
		most("opencoder.long_words", o.MaxLongWords, openVerdict("long_words")),
		most("opencoder.hex", o.MaxHex, openVerdict("hex")),
		most("opencoder.encoded_run", float64(o.MaxEncodedRun), openVerdict("encoded_run")),
		most("opencoder.encoded", o.MaxEncoded, openVerdict("encoded")),
		most("opencoder.prompts", o.MaxPrompts, openVerdict("prompts")),
		most("opencoder.asserts", o.MaxAsserts, openVerdict("asserts")),
	}
}

func (o OpenCoder) languageLimits() []Limit {
	return []Limit{
		least("opencoder.visible_chars", float64(o.MinVisibleChars), openVerdict("visible_text")),
		least("opencoder.visible", o.MinVisible, openVerdict("visible_text")),
		most("opencoder.broken", 0, openVerdict("broken")),
		most("opencoder.functions", o.MaxFunctions, openVerdict("functions")),
		least("opencoder.variables", 1, openVerdict("no_variables")),
		most("opencoder.pass", o.MaxPass, openVerdict("pass")),
		most("opencoder.imports", o.MaxImports, openVerdict("imports")),
		most("opencoder.one_liners", o.MaxOneLiners, openVerdict("one_liners")),
		most("opencoder.no_logic_drawn", o.MaxNoLogic, openVerdict("no_logic")),
		most("opencoder.prints", o.MaxPrints, openVerdict("prints")),
		most("opencoder.go_test", 0, openVerdict("go_test")),
	}
}
