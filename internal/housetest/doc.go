// Package housetest answers one question: is the house still in order?
//
// It has no code of its own, only tests that read the repository's sources:
//
//   - the import arrows, which packages may import which, each with its reason;
//   - the measures of a room: a doc.go for every package, the length of files
//     and functions;
//   - package variables, which nothing may change;
//   - the top level, words that mark unfinished work, and what git ignores.
//
// Each check takes a file system and returns what it found, so that it is
// tried on a broken house as well as on this one.
package housetest
