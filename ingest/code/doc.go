// Package code knows source code by its outside: the language of a file, whether it was generated, vendored, minified or is a test,
// under which license it stands, what it imports, what a notebook says. In come names and bytes; out come names, facts and text. It
// knows no document, opens no file, and judges nothing.
//
// Content is looked at within bounds that do not grow with the file, save for what counts lines.
package code

//go:generate go run gen.go
