package pipelines

import (
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/ingest"
)

// The lists in names.go are written by hand so that the program needs no reflection; this test reflects for it.
func TestNamesAreThoseOfTheStructs(t *testing.T) {
	names, fractions, wholes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	roots := []any{Spec{}, Input{}, clean.Normalize{}, clean.Language{}, clean.Gopher{}, clean.C4{}, clean.FineWeb{}, clean.Stack{},
		clean.Generated{}, clean.PES2O{}, clean.PII{}, ingest.Fields{}}
	for _, f := range ingest.Formats {
		roots = append(roots, f.Config())
	}
	for _, r := range roots {
		collectNames(reflect.TypeOf(r), names, fractions, wholes)
	}
	names["sft"], names["learn"], names["fields"] = true, true, true
	f := func(what string, want map[string]bool, have []string) {
		t.Helper()
		listed := map[string]bool{}
		for _, h := range have {
			listed[h] = true
			if !want[h] {
				t.Errorf("%s: %q is listed but no struct has it", what, h)
			}
		}
		var missing []string
		for w := range want {
			if !listed[w] {
				missing = append(missing, w)
			}
		}
		sort.Strings(missing)
		if len(missing) > 0 {
			t.Errorf("%s: not listed: %q", what, missing)
		}
	}
	f("knownFields", names, knownFields)
	var have []string
	for k := range fractional {
		have = append(have, k)
	}
	f("fractional", fractions, have)
	have = nil
	for k := range whole {
		have = append(have, k)
		if fractional[k] {
			t.Errorf("%q takes whole numbers in one place and fractions in another", k)
		}
	}
	f("whole", wholes, have)
}

func collectNames(typ reflect.Type, names, fractions, wholes map[string]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collectNames(typ.Elem(), names, fractions, wholes)
	case reflect.Struct:
		for i := range typ.NumField() {
			field := typ.Field(i)
			tag, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if tag != "" && tag != "-" {
				names[tag] = true
				switch field.Type.Kind() {
				case reflect.Float64:
					fractions[tag] = true
				case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
					wholes[tag] = true
				case reflect.Slice, reflect.Map:
					switch field.Type.Elem().Kind() {
					case reflect.Float64:
						fractions[tag] = true
					case reflect.Int:
						wholes[tag] = true
					}
				}
			}
			if field.IsExported() {
				collectNames(field.Type, names, fractions, wholes)
			}
		}
	}
}
