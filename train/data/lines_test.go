package data

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestLines(t *testing.T) {
	plain := []byte("\ufeffone\r\n\n  two  \nthree")
	var gz, zst bytes.Buffer
	g := gzip.NewWriter(&gz)
	g.Write(plain)
	g.Close()
	z, err := zstd.NewWriter(&zst)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(plain)
	z.Close()
	path := filepath.Join(t.TempDir(), "f")
	read := func(b []byte, most int, f func(int, []byte) error) error {
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
		return Lines(path, most, f)
	}
	for name, b := range map[string][]byte{"plain": plain, "gzip": gz.Bytes(), "zstd": zst.Bytes()} {
		var got []string
		last := 0
		err := read(b, 100, func(line int, b []byte) error {
			got, last = append(got, string(b)), line
			return nil
		})
		if err != nil || !slices.Equal(got, []string{"one", "two", "three"}) || last != 4 {
			t.Errorf("%s: %q up to line %d, %v", name, got, last, err)
		}
		if name != "plain" {
			if err := read(b[:len(b)-6], 100, func(int, []byte) error { return nil }); err == nil {
				t.Errorf("%s, cut: no error", name)
			}
		}
	}
	stop := errors.New("stop")
	if err := read(plain, 100, func(int, []byte) error { return stop }); !errors.Is(err, stop) || !strings.Contains(err.Error(), "f:1: ") {
		t.Errorf("a row's error: %v", err)
	}
	if err := read([]byte("a\n"+strings.Repeat("x", 99)), 20, func(int, []byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "f:2: a line of more than 20 bytes") {
		t.Errorf("a long line: %v", err)
	}
}
