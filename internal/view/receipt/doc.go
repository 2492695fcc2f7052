// Package receipt answers the question "what became of each action of a run?".
//
// RunDoc is the document of a run: a Receipt for each action, in Sections of
// which those that need a person come first, the counts, the summary, and how
// to go on. events.go has the words for what happens on the way, which the
// displays of a run share with the receipts.
package receipt
