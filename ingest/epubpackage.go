package ingest

import (
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path"
	"strings"
)

// packageItem is an entry of the manifest.
type packageItem struct {
	name string // in the archive
	kind string // media type
	nav  bool
}

// packageReader reads the elements of a package document one after another.
type packageReader struct {
	dir    string
	book   book
	items  map[string]packageItem // by id
	spine  []string               // ids, in reading order
	skip   map[string]bool        // names of covers and tables of contents, by the guide
	within string                 // the element of metadata whose text comes
	text   strings.Builder
}

// parsePackage reads the package document of a book that stands in the folder dir.
func parsePackage(data []byte, dir string) (*book, error) {
	p := &packageReader{dir: dir, items: map[string]packageItem{}, skip: map[string]bool{}}
	dec := looseXML(data)
	for {
		tok, err := dec.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			p.start(tok)
		case xml.CharData:
			if p.within != "" && p.text.Len() < 10_000 {
				p.text.Write(tok)
			}
		case xml.EndElement:
			p.end(tok.Name.Local)
		}
	}
	if len(p.spine) == 0 {
		return nil, errors.New("no reading order")
	}
	seen := map[string]bool{}
	for _, id := range p.spine {
		item, ok := p.items[id]
		if !ok || item.nav || p.skip[item.name] || seen[item.name] || !strings.Contains(item.kind, "html") && item.kind != "" {
			continue
		}
		seen[item.name] = true
		p.book.chapters = append(p.book.chapters, item.name)
	}
	return &p.book, nil
}

func (p *packageReader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "title", "creator", "language", "date", "rights", "identifier", "publisher":
		p.within = e.Name.Local
		p.text.Reset()
	case "item":
		if len(p.items) < maxBookParts {
			p.items[attribute(e, "id")] = packageItem{p.resolve(attribute(e, "href")), attribute(e, "media-type"), strings.Contains(" "+attribute(e, "properties")+" ", " nav ")}
		}
	case "itemref":
		if len(p.spine) < maxBookParts && attribute(e, "linear") != "no" {
			p.spine = append(p.spine, attribute(e, "idref"))
		}
	case "reference": // of the guide
		switch strings.ToLower(attribute(e, "type")) {
		case "cover", "toc", "title-page", "titlepage", "other.ms-coverimage", "index", "loi", "lot":
			if href := attribute(e, "href"); len(p.skip) < maxBookParts && !strings.Contains(href, "#") {
				p.skip[p.resolve(href)] = true
			}
		}
	}
}

func (p *packageReader) end(name string) {
	if p.within != name {
		return
	}
	text := validName(strings.Join(strings.Fields(p.text.String()), " "))
	p.within = ""
	set := func(to *string) {
		if *to == "" {
			*to = text
		}
	}
	switch name {
	case "title":
		set(&p.book.title)
	case "language":
		set(&p.book.lang)
	case "date":
		set(&p.book.date)
	case "rights":
		set(&p.book.rights)
	case "identifier":
		set(&p.book.id)
	case "publisher":
		set(&p.book.publisher)
	case "creator":
		if text != "" && len(p.book.authors) < 100 {
			p.book.authors = append(p.book.authors, text)
		}
	}
}

// resolve is the name in the archive that a link from the package document means; "" if it leaves the archive.
func (p *packageReader) resolve(href string) string {
	href, _, _ = strings.Cut(href, "#")
	name, err := url.PathUnescape(href)
	if err != nil {
		name = href
	}
	clean, ok := safeName(strings.TrimPrefix(path.Join("/", p.dir, name), "/"))
	if !ok || strings.HasPrefix(path.Join(p.dir, name), "..") {
		return ""
	}
	return clean
}
