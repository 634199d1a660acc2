package lid

import "testing"

func TestFromLabel(t *testing.T) {
	for label, want := range map[string]string{
		"__label__en": "en", "__label__zh": "zh", "__label__eng_Latn": "en", "__label__zho_Hans": "zh", "__label__cmn_Hani": "zh", "__label__yue_Hant": "yue",
		"__label__arb_Arab": "ar", "__label__srp_Cyrl": "sr", "__label__nob_Latn": "nb", "__label__nno_Latn": "nn", "__label__no": "nb", "__label__ceb": "ceb",
		"__label__pes_Arab": "fa", "__label__zsm_Latn": "ms", "__label__deu": "de", "fra_Latn": "fr", "__label__sh": "sh", "__label__hbs_Latn": "sh",
		"__label__zxx_Zyyy": "und", "__label__und_Grek": "und", "__label__spam": "und", "": "und", "__label__": "und",
	} {
		if got := FromLabel(label); got != want {
			t.Errorf("%s: %q, want %q", label, got, want)
		}
	}
}

func TestExpand(t *testing.T) {
	if got := Expand("no"); len(got) != 2 || got[0] != "nb" || got[1] != "nn" {
		t.Errorf("no: %v", got)
	}
	if got := Expand("en"); len(got) != 1 || got[0] != "en" {
		t.Errorf("en: %v", got)
	}
}
