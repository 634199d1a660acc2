// Package dedup finds documents that are the same or nearly the same, in three moves. A Signer turns each text into a few hashes;
// Cluster groups the hashes of all datasets, compares the texts that collide and writes which rows go; Removals give the survivors
// back as a Source. In come text datasets; out go signatures, removals.jsonl.zst and groups.jsonl.zst for people, and verdicts.bin
// for Removals.
//
// A removal is always evidence, never hearsay: an exact duplicate has the same normalized text as the document that stays, a near
// duplicate has had its shingles compared with those of the very document that stays, and both are named with the similarity.
// Nothing is removed because a chain of others leads to it, unless a spec asks for that to compare (Near.Clusters), or for no evidence
// at all (Near.Verify 0). Which document of a cluster stays depends on the documents alone, never on the order of files, their split
// or the number of workers. Of parts (lines, paragraphs, sentences, substrings) Edits say what is cut when the survivors are read; no
// text is written anew.
//
// An Index keeps what was found when the texts are gone: a new dump is compared with it, a Querier looks single documents up in it, and
// TakeDownFrom takes some out. Evaluate measures what was found against what is true.
package dedup

// Version is part of the key of every step that signs or clusters: raise it when bytes change.
const Version = "2"
