// Package check tells by rules, and by no other model, whether answers are what was asked for: that a system turn is followed, that JSON is
// JSON and of the schema, that code parses, that lengths and forms are kept, that what should be refused is refused and nothing else, that a
// sum ends with its number, that an answer ends at all. In come prompts with checks and the answers to them, out go rates.
// No answer runs as a program here, and nothing is read from a network.
package check
