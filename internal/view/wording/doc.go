// Package wording answers the question "how does Herald put things?", whatever
// document they stand in.
//
// Words are sentences in which names of unknown origin are told from Herald's
// own; beside them stand numbers with their nouns, times, ids, what is odd
// about a text, two texts compared word by word, and the lines of a source
// that a diagnostic is about. How each of these looks is for the formats to
// decide.
package wording
