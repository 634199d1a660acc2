package extract

import "strings"

// quantity writes what siunitx sets: the number, and the unit in its symbols.
func (t *latexWriter) quantity(name string) {
	t.optional()
	var s string
	switch name {
	case "num":
		s = siNumber(t.argument())
	case "ang":
		s = siNumber(t.argument())
		if d := strings.Split(s, ";"); len(d) > 1 {
			s = d[0] + "°" + d[1] + "′"
			if len(d) > 2 && d[2] != "" {
				s += d[2] + "″"
			}
		} else {
			s += "°"
		}
	case "si", "unit":
		s = siUnit(t.argument())
	case "numlist":
		s = strings.ReplaceAll(siNumber(t.argument()), ";", ", ")
	case "numrange", "SIrange", "qtyrange":
		s = siNumber(t.argument()) + "–" + siNumber(t.argument())
		if name != "numrange" {
			s += " " + siUnit(t.argument())
		}
	default:
		s = siNumber(t.argument())
		t.optional()
		unit := siUnit(t.argument())
		if unit != "" && !strings.HasPrefix(unit, "°") && unit != "%" || strings.HasPrefix(unit, "°C") {
			s += " "
		}
		s += unit
	}
	if s = strings.TrimSpace(s); s == "" {
		return
	}
	if !t.inMath {
		t.text(s)
		return
	}
	number, unit, ok := strings.Cut(s, " ")
	if ok {
		t.form.write(number + `\,\mathrm{` + strings.ReplaceAll(unit, "%", `\%`) + "}")
	} else if name == "si" || name == "unit" {
		t.form.write(`\mathrm{` + strings.ReplaceAll(s, "%", `\%`) + "}")
	} else {
		t.form.write(strings.ReplaceAll(s, "%", `\%`))
	}
}

// siNumber writes 1.5e-3 as 1.5×10⁻³.
func siNumber(s string) string {
	s = strings.NewReplacer("\n", "", " ", "", `\pm`, "±", "+-", "±", `\,`, "", "$", "", "~", "", `\times`, "×", `\cdot`, "×", "{", "", "}", "").Replace(s)
	i := strings.IndexAny(s, "eE")
	if i < 0 || i+1 == len(s) || strings.IndexByte(s, '\\') >= 0 {
		return strings.ReplaceAll(strings.ReplaceAll(s, "x", "×"), `\`, "")
	}
	mantissa, exponent := s[:i], strings.TrimPrefix(s[i+1:], "+")
	raised := scripted(exponent, superScript)
	if raised == exponent {
		raised = "^" + exponent
	}
	if mantissa != "" {
		mantissa += "×"
	}
	return mantissa + "10" + raised
}

var siSymbols = map[string]string{"metre": "m", "meter": "m", "second": "s", "gram": "g", "kilogram": "kg", "ampere": "A", "kelvin": "K", "mole": "mol",
	"candela": "cd", "hertz": "Hz", "newton": "N", "pascal": "Pa", "joule": "J", "watt": "W", "coulomb": "C", "volt": "V", "farad": "F",
	"ohm": "Ω", "siemens": "S", "weber": "Wb", "tesla": "T", "henry": "H", "lumen": "lm", "lux": "lx", "becquerel": "Bq", "gray": "Gy",
	"sievert": "Sv", "litre": "L", "liter": "L", "tonne": "t", "minute": "min", "hour": "h", "day": "d", "degree": "°", "arcminute": "′",
	"arcsecond": "″", "electronvolt": "eV", "eV": "eV", "astronomicalunit": "au", "bar": "bar", "percent": "%", "celsius": "°C", "degreeCelsius": "°C",
	"bit": "bit", "byte": "B", "decibel": "dB", "radian": "rad", "steradian": "sr", "hectare": "ha", "dalton": "Da", "angstrom": "Å",
	"yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m", "centi": "c", "deci": "d",
	"deca": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "exa": "E", "kibi": "Ki", "mebi": "Mi",
	"gibi": "Gi", "m": "m", "s": "s", "kg": "kg", "km": "km", "cm": "cm", "mm": "mm", "um": "µm", "nm": "nm", "ms": "ms", "us": "µs", "ns": "ns",
	"g": "g", "mg": "mg", "V": "V", "A": "A", "W": "W", "kW": "kW", "Hz": "Hz", "kHz": "kHz", "MHz": "MHz", "GHz": "GHz", "K": "K", "Pa": "Pa",
	"keV": "keV", "MeV": "MeV", "GeV": "GeV", "TeV": "TeV", "N": "N", "J": "J", "kJ": "kJ", "T": "T", "L": "L", "h": "h", "mL": "mL"}

// siUnit writes \kilo\metre\per\second\squared as km/s².
func siUnit(s string) string {
	s = strings.TrimSpace(strings.NewReplacer("~", "·", "$", "").Replace(s))
	if strings.IndexByte(s, '\\') < 0 {
		return strings.ReplaceAll(strings.NewReplacer("^{", "^", "}", "", "{", "").Replace(s), ".", "·")
	}
	return siWords(s)
}

// siWords writes a unit that is given in words.
func siWords(s string) string {
	var b strings.Builder
	r := texReader{budget: 2*len(s) + 64}
	r.push(s, "", false)
	prefix, raise := true, ""
	for r.top() != nil {
		token := r.token()
		name, ok := strings.CutPrefix(token, `\`)
		if !ok {
			if token != " " && token != "{" && token != "}" {
				b.WriteString(token)
			}
			continue
		}
		switch name {
		case "per":
			b.WriteString("/")
			prefix = true
			continue
		case "squared":
			b.WriteString("²")
		case "cubed":
			b.WriteString("³")
		case "tothe", "raiseto":
			power := scripted(r.argument(), superScript)
			if name == "tothe" {
				b.WriteString(power)
			} else {
				raise = power
			}
		case "square":
			raise = "²"
		case "cubic":
			raise = "³"
		case "of":
			b.WriteString(" " + r.argument())
		case "micro", "milli", "kilo", "mega", "giga", "tera", "nano", "pico", "femto", "centi", "deci", "hecto", "deca", "peta", "exa", "atto", "kibi",
			"mebi", "gibi", "zepto", "yocto":
			if !prefix && b.Len() > 0 {
				b.WriteString("·")
			}
			b.WriteString(siSymbols[name])
			prefix = true
			continue
		default:
			symbol := siSymbols[name]
			if symbol == "" {
				symbol = name
			}
			if !prefix && b.Len() > 0 {
				b.WriteString("·")
			}
			b.WriteString(symbol + raise)
			raise = ""
		}
		prefix = false
	}
	return b.String()
}
