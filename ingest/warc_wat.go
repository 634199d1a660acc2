package ingest

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// watReader takes from the JSON of a WAT record what it quotes of the page.
type watReader struct{ text []byte }

// watRecord are the members that are used. HTML is there for pages alone.
type watRecord struct {
	Envelope *struct {
		Payload struct {
			Response struct {
				HTML *struct {
					Head struct {
						Title string
						Metas []struct {
							Name     string `json:"name"`
							Property string `json:"property"`
							Content  string `json:"content"`
						}
					}
					Links []struct {
						Text string `json:"text"`
						Alt  string `json:"alt"`
					}
				} `json:"HTML-Metadata"`
			} `json:"HTTP-Response-Metadata"`
		} `json:"Payload-Metadata"`
	}
}

// read gives title, description and the texts of links, a line each; of JSON that is no WAT, the JSON. A nil text means a record that
// is about no page. The text is lent.
func (r *watReader) read(block []byte) (text []byte, title string, err error) {
	var w watRecord
	if err := json.Unmarshal(block, &w, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, "", err
	}
	if w.Envelope == nil {
		return []byte(strings.ToValidUTF8(string(bytes.TrimSpace(block)), "\uFFFD")), "", nil
	}
	h := w.Envelope.Payload.Response.HTML
	if h == nil {
		return nil, "", nil
	}
	r.text = r.text[:0]
	title = strings.Join(strings.Fields(h.Head.Title), " ")
	r.line(title)
	for _, m := range h.Head.Metas {
		if strings.EqualFold(m.Name, "description") || strings.EqualFold(m.Property, "og:description") {
			r.line(m.Content)
			break
		}
	}
	for _, l := range h.Links {
		if l.Text != "" {
			r.line(l.Text)
		} else {
			r.line(l.Alt)
		}
	}
	if len(r.text) == 0 {
		return []byte{}, title, nil
	}
	return r.text, title, nil
}

// line appends a line with single spaces; one without words is left out.
func (r *watReader) line(s string) {
	end := byte('\n')
	for w := range strings.FieldsSeq(s) {
		if len(r.text) > 0 {
			r.text = append(r.text, end)
		}
		r.text = append(r.text, w...)
		end = ' '
	}
}
