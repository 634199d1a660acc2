package pipelines

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// scalar settles how a number is read by what its field holds: the library would wrap it around, cut it off, read it in base 8 or
// write it differently into a text, all in silence.
func (p *preparer) scalar(n ast.Node) (ast.Node, error) {
	s, isString := n.(*ast.StringNode)
	_, isInteger := n.(*ast.IntegerNode)
	_, isFloat := n.(*ast.FloatNode)
	if !isString && !isInteger && !isFloat {
		return n, nil
	}
	tok := n.GetToken()
	text := strings.ReplaceAll(tok.Value, "_", "")
	if isString {
		text = s.Value
	}
	switch {
	case whole[p.inside]:
		return n, p.wholeNumber(tok, text)
	case fractional[p.inside]:
		if isInteger {
			return n, p.wholeNumber(tok, text)
		}
	case !isString:
		return ast.String(tok), nil
	}
	return n, nil
}

func (p *preparer) wholeNumber(tok *token.Token, text string) error {
	digits := strings.TrimLeft(text, "+-")
	if strings.Trim(digits, "0123456789") != "" { // 1e3, 0x10, 20M, or no number at all
		f, err := strconv.ParseFloat(text, 64)
		if err == nil && (f != math.Trunc(f) || math.Abs(f) >= 1<<63) {
			return at(p.file, tok, "%s: %s where a whole number belongs", p.inside, clip(text))
		}
		return nil
	}
	if len(digits) > 1 && digits[0] == '0' {
		return at(p.file, tok, "number %s has a leading zero: write it in base 10 without", clip(text))
	}
	_, e1 := strconv.ParseInt(text, 10, 64)
	_, e2 := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
	if digits != "" && e1 != nil && e2 != nil {
		return at(p.file, tok, "number %s does not fit in 64 bits", clip(text))
	}
	return nil
}

// ParseCount reads a count such as 5000, 20M, 1.5B, 64k.
func ParseCount(s string) (int64, error) {
	return parseScaled(s, map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}, "a count such as 5000, 64k, 20M or 1.5B")
}

// ParseBytes reads a size such as 512MiB, 2GiB, 100MB.
func ParseBytes(s string) (int64, error) {
	return parseScaled(s, map[string]float64{"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}, "a size such as 512MiB or 2GiB")
}

func parseScaled(s string, units map[string]float64, want string) (int64, error) {
	num := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit, ok := units[s[len(num):]]
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(num), "_", ""), 64)
	if !ok || err != nil || v < 0 || v*unit >= 1<<63 || v*unit != math.Trunc(v*unit) {
		return 0, fmt.Errorf("%q: want %s", clip(s), want)
	}
	return int64(v * unit), nil
}

// ParseShare reads a share such as 0.005 or 0.5%.
func ParseShare(s string) (float64, error) {
	num, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(num), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v < 1) {
		return 0, fmt.Errorf("%q: want a share such as 0.5%% or 0.005, below 1", clip(s))
	}
	return v, nil
}
