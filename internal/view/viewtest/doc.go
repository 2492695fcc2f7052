// Package viewtest answers the question "with what are the views tested?".
//
// It has a plan, a run, a record and an inbox with something of everything in
// them, hostile ones too, the comparison with golden files (-update writes
// them anew), and the JSON schemas. Only tests import it.
package viewtest
