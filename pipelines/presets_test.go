package pipelines

import (
	"strings"
	"testing"
)

func TestPresets(t *testing.T) {
	if len(PresetNames()) == 0 {
		t.Fatal("no presets")
	}
	for _, name := range PresetNames() {
		src, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseSpec(name, src, "/base", nil)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if p.Name != name || p.Clean == nil {
			t.Errorf("preset %s is called %s and has clean: %v", name, p.Name, p.Clean)
		}
		// In a spec it stands for the recipe's rules.
		for section, rules := range p.Clean.Sections {
			if section == "all" || strings.Contains(section, ":") {
				continue
			}
			want := len(p.Clean.Sections["all"]) + len(rules)
			classify := ""
			if p.Classify != nil {
				classify = "classify: {quality: {good: [a], bad: [b]}}\n"
			}
			mine := "version: 1\nname: mine\nseed: 1\ningest:\n  - {name: a, domain: " + section + ", jsonl: [a.jsonl]}\n  - {name: b, domain: " + section +
				", jsonl: [b.jsonl]}\n" + classify + "clean: {" + section + ": [preset: " + name + ", pii: {}]}\n"
			s, err := ParseSpec("mine", []byte(mine), "/base", nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if got := s.Clean.Sections[section]; len(got) != want+1 || !strings.HasPrefix(got[len(got)-1].Name, "pii") {
				t.Errorf("%s: %d rules for %s, want %d", name, len(got)-1, section, want)
			}
		}
	}
	for preset, want := range map[string]string{"finweb": `did you mean "fineweb"`, "nothing like it": "there are "} {
		src := "version: 1\nname: mine\nseed: 1\ningest: [{name: a, domain: web, jsonl: [a.jsonl]}]\nclean: {web: [preset: " + preset + "]}\n"
		if _, err := ParseSpec("mine", []byte(src), "/base", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", preset, err)
		}
	}
}
