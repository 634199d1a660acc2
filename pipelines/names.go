package pipelines

import (
	"fmt"
	"strings"
)

// knownFields are the names that a spec may use in structs which are decoded as a whole, for suggestions only. A test holds the list
// to the structs.
var knownFields = []string{
	"answers", "arch", "archives", "arrow", "attributes", "bands", "batch", "beta1", "beta2", "breaks", "case", "cdx",
	"charset", "checkpoint", "clean", "clip", "context", "controls", "cut_javascript", "cut_policy", "data", "decay",
	"dedup", "delimiter", "dialect", "disambiguation", "documents", "domain", "drop_curly", "drop_lorem_ipsum", "email",
	"email_value", "end_punctuation", "engine", "eps", "eval", "exact", "exclude_zero", "fields", "file", "format",
	"free_alphabet", "go_marker", "header", "heads", "hidden", "id", "ingest", "ip", "ip_value", "join", "keep",
	"kv_heads", "lang", "languages", "layers", "learn", "license", "lines", "locks", "loose", "lr", "markdown",
	"max_blank", "max_bullet_lines", "max_bytes", "max_data_lines", "max_dup_chars", "max_dup_grams",
	"max_dup_line_chars", "max_dup_lines", "max_dup_paragraph_chars", "max_dup_paragraphs", "max_ellipses",
	"max_ellipsis_lines", "max_encoded", "max_encoded_run", "max_hashes", "max_line", "max_lines", "max_loose_line",
	"max_mean_line", "max_mean_word", "max_newlines", "max_repo_bytes", "max_short_lines", "max_token", "max_top_grams",
	"max_word_chars", "max_words", "micro", "mime", "min", "min_alpha_words", "min_alphabetic", "min_end_lines",
	"min_frequency", "min_line_words", "min_lr", "min_mean_word", "min_paragraphs", "min_score", "min_sentences",
	"min_stop_words", "min_words", "min_year", "minified", "mix", "model", "name", "namespaces", "near", "nfc",
	"norm_eps", "only", "options", "origin", "parquet", "paths", "phrases", "plain", "prefer", "prompts", "quotes",
	"ratios", "records", "ref", "references", "remove_citations", "repeat", "rope_theta", "rows", "sample", "schedule",
	"seed", "sft", "shard", "shingle", "short", "short_line", "short_top_share", "short_words", "site", "spaces",
	"split", "status", "steps", "stop_words", "temperature", "template", "text", "tied", "time", "tokenize", "tokens",
	"top_k", "top_p", "top_share", "train", "trim", "tune", "unspaced", "urls", "validation", "vendored", "verify",
	"version", "vocab", "warmup", "weight_decay", "width", "zero_width",
}

// fractional are the fields that take fractions; anywhere else 14.5 is a mistake. A test holds the list to the structs.
var fractional = map[string]bool{
	"beta1": true, "beta2": true, "clip": true, "decay": true, "eps": true, "lr": true, "max_bullet_lines": true,
	"max_dup_chars": true, "max_dup_grams": true, "max_dup_line_chars": true, "max_dup_lines": true,
	"max_dup_paragraph_chars": true, "max_dup_paragraphs": true, "max_ellipses": true, "max_ellipsis_lines": true,
	"max_encoded": true, "max_hashes": true, "max_mean_line": true, "max_mean_word": true, "max_newlines": true,
	"max_short_lines": true, "max_top_grams": true, "min": true, "min_alpha_words": true, "min_alphabetic": true,
	"min_end_lines": true, "min_lr": true, "min_mean_word": true, "minified": true, "norm_eps": true, "ratios": true, "repeat": true,
	"rope_theta": true, "short_top_share": true, "temperature": true, "top_p": true, "top_share": true,
	"validation": true, "verify": true, "weight_decay": true,
}

// whole are the fields that take whole numbers only. A test holds the list to the structs.
var whole = map[string]bool{
	"bands": true, "batch": true, "checkpoint": true, "context": true, "eval": true, "heads": true, "hidden": true,
	"kv_heads": true, "layers": true, "lines": true, "max_blank": true, "max_bytes": true, "max_data_lines": true,
	"max_encoded_run": true, "max_line": true, "max_lines": true, "max_loose_line": true, "max_token": true,
	"max_word_chars": true, "max_words": true, "micro": true, "min_frequency": true, "min_line_words": true,
	"min_paragraphs": true, "min_sentences": true, "min_stop_words": true, "min_words": true, "min_year": true,
	"rows": true, "answers": true, "max_repo_bytes": true, "min_score": true, "namespaces": true, "sample": true, "seed": true, "status": true, "shingle": true, "short_line": true, "short_words": true, "steps": true,
	"tokens": true, "top_k": true, "version": true, "vocab": true, "warmup": true, "width": true,
}

// nearest suggests the known name with the fewest edits, if it is near at all.
func nearest(name string, known []string) string {
	best, bestDistance := "", len(name)/2+1
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance counts letters put in, left out, changed, or swapped with their neighbor.
func editDistance(a, b string) int {
	if len(a) > maxKey {
		return len(a)
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
