package lid

import "testing"

func identifier(t testing.TB, keep ...string) *Identifier {
	t.Helper()
	id, err := New(keep)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
