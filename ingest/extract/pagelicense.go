package extract

import (
	"bytes"
	"strings"
)

var (
	ccHost      = []byte("creativecommons.org/")
	ldLicense   = []byte(`"license"`)
	imageObject = []byte("ImageObject")
)

// license is the page's own licence: the one that all its links with rel="license" name; without such links, a stated one, that of its
// JSON-LD, and at last the one that all remarks name. Where they do not agree, as on a page with pictures under licences of their own,
// nothing is known.
func (f *headFacts) license(w *writer) string {
	if id, ok := f.agreed(w, f.licenses); ok {
		return id
	}
	if id := SPDX(f.value(w, factLicense)); id != "" {
		return id
	}
	if id := f.linkedLicense(w); id != "" {
		return id
	}
	id, _ := f.agreed(w, f.remarks)
	return id
}

// agreed is the licence that all of some links name, "" if they differ; links to other things do not count. It reports whether any link
// names a licence.
func (f *headFacts) agreed(w *writer, links []place) (id string, ok bool) {
	for _, at := range links {
		switch other := SPDX(string(w.src[at.a:at.b])); {
		case other == "":
		case !ok:
			id, ok = other, true
		case other != id:
			return "", true
		}
	}
	return id, ok
}

// linkedLicense is the licence that the JSON-LD scripts state, but for licences of pictures.
func (f *headFacts) linkedLicense(w *writer) string {
	for _, at := range f.ld {
		s := w.src[at.a:at.b]
		i := bytes.Index(s, ldLicense)
		if i < 0 || bytes.Contains(s, imageObject) {
			continue
		}
		s = s[i+len(ldLicense):]
		s = s[:min(len(s), maxFact)]
		if i = bytes.IndexByte(s, '\n'); i >= 0 {
			s = s[:i]
		}
		if id := SPDX(strings.ReplaceAll(string(s), `\`, "")); id != "" {
			return id
		}
	}
	return ""
}

// maxRemark is how far before a link the words stand that make it a remark on the page's licence, in bytes with markup.
const maxRemark = 300

// remarkWords are of remarks on the licence of a page, and mediaWords of those on the licence of a picture; both as phrases are compared.
var (
	remarkWords = foldAll("licensed under", "license this work", "work is licensed", "available under", "content is under", "except where otherwise noted",
		"unless otherwise noted", "unless otherwise stated", "is published under", "are published under", "released under",
		"steht unter", "stehen unter", "lizenziert unter", "lizenzbedingungen", "unter der lizenz", "unter einer creative commons", "unter folgender lizenz",
		"sous licence", "mis à disposition selon", "sous les termes de la licence", "bajo una licencia", "bajo licencia", "bajo la licencia", "sob licença",
		"sob uma licença", "sob a licença", "licenciado sob", "con licenza", "sotto licenza", "distribuito con", "valt onder een", "in licentie gegeven",
		"na licencji", "na zasadach licencji", "по лицензии", "на условиях лицензии", "за ліцензією", "pod licencí", "licensierad under", "licenc alatt",
		"lisansı ile", "di bawah lisensi", "theo giấy phép", "υπό την άδεια", "بموجب رخصة", "تحت رخصة", "采用", "许可协议", "授權條款", "ライセンスの下", "の下に提供", "라이선스에 따라")
	mediaWords = foldAll("photo", "photos", "image", "images", "picture", "pictures", "foto", "fotos", "bild", "bilder", "bildquelle", "grafik", "flickr", "wikimedia",
		"video", "music", "musik", "icon", "icons", "logo", "font", "illustration", "fotografie", "fotografia", "imagen", "imagem", "immagine", "фото")
)

func foldAll(words ...string) [][]byte {
	folded := make([][]byte, len(words))
	for i, w := range words {
		folded[i] = appendPhrase(nil, []byte(w))
	}
	return folded
}

// licenses reports whether the words that src ends with put the page, and not a picture, under the licence that is linked next. src
// ends within the tag of the link.
func licenses(src []byte) bool {
	src = src[max(0, len(src)-maxRemark):]
	src = src[:max(0, bytes.LastIndexByte(src, '<'))]
	text := make([]byte, 0, maxRemark)
	for {
		before, after, more := bytes.Cut(src, []byte("<"))
		if _, words, ok := bytes.Cut(before, []byte(">")); ok {
			before = words
		} else if len(text) > 0 {
			before = nil // a tag without an end
		}
		text = append(append(text, before...), ' ')
		if !more {
			break
		}
		src = after
	}
	folded := append(make([]byte, 0, 2*maxRemark+16), ' ') // room for all, so that it needs no heap
	folded = append(appendFold(folded, text, 2*maxRemark), ' ')
	for _, w := range mediaWords {
		if i := bytes.LastIndex(folded, w); i > 0 && folded[i-1] == ' ' && (folded[i+len(w)] == ' ' || folded[i+len(w)] == ':') {
			return false
		}
	}
	for _, w := range remarkWords {
		if bytes.Contains(folded, w) {
			return true
		}
	}
	return false
}
