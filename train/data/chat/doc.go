// Package chat reads conversations from files and lays them out by a template, all of which are Jinja, as tokens: which are the template's, which
// the speakers', and which are to be learned. In come JSON lines or arrays of seven shapes, out go examples. Text of a speaker can never become a
// special token, and nothing of a row is guessed or left out in silence.
package chat
