package pipelines

import (
	"bytes"
	"os"
	"testing"
)

// What plan prints is a spec itself, of the same meaning.
func TestTheResolvedSpecIsASpec(t *testing.T) {
	for _, name := range []string{"quickstart.yaml", "real.yaml"} {
		s, err := LoadSpec(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		y, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		wd, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseSpec("resolved.yaml", y, wd, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, y)
		}
		z, err := again.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(y, z) {
			t.Errorf("%s: resolved twice it reads otherwise:\n%s\n%s", name, y, z)
		}
	}
}
