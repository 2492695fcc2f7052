// Package merge answers the question "what do two versions of one record know
// together?".
//
// Records joins what two branches, or two runs that did not see each other, have
// written since they had the record in common. What either has sent is known to
// the result, what is in doubt stays so, and what both have sent is reported.
// Which entry stands is decided in entry.go, by the table in the comment on
// Records; moves.go finds the addresses that one side has moved, so that one key
// is one story on both sides.
package merge
