package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/seed-83c59573/quern/clean"
	"github.com/seed-83c59573/quern/pipelines"
)

//go:embed bias.html
var biasHTML string

var biasPage = template.Must(template.New("bias").Funcs(template.FuncMap{
	"percent": func(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) },
	"bar":     func(x float64) string { return fmt.Sprintf("%.2f", 4*x) },
	"shown":   shownGroups,
	"lang": func(l string) string {
		if l == "" {
			return "language unknown"
		}
		return l
	},
}).Parse(biasHTML))

// shownGroups leaves out those that only the reference names now and then.
func shownGroups(groups []clean.BiasGroup) (shown []clean.BiasGroup) {
	for _, g := range groups {
		if g.Mentions > 0 || g.Against != nil && g.Against.Off {
			shown = append(shown, g)
		}
	}
	return shown
}

// WriteBias writes a bias report as one self-contained page without scripts.
func WriteBias(w io.Writer, r *pipelines.BiasReport) error { return biasPage.Execute(w, r) }
