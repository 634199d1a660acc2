package clean

import "testing"

func BenchmarkPII(b *testing.B) {
	for _, c := range []struct {
		name string
		docs []string
	}{{"prose", prose(b)}, {"chinese", chinese(b)}} {
		s, err := DefaultPII().Stage()
		b.Run(c.name+"/default", func(b *testing.B) { benchStage(b, c.docs, build(b, s, err)) })
		b.Run(c.name+"/all", func(b *testing.B) { benchStage(b, c.docs, everyKind(b)) })
	}
}
