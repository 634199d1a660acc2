// Package chat reads conversations from JSON lines and lays them out by a template as segments: which text is the template's, which
// the speakers', and which is to be learned. Text of a speaker can never become a special token.
package chat
