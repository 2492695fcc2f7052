// Package view answers the question "what is there to be seen?".
//
// For each thing that is shown there is one typed document, built once from
// what the other packages know. Those of a plan (PlanDoc, with what differs
// from a plan reviewed before, and what Instagram tells about it), of a
// recovery and the smaller ones are here, that of a run is in package receipt.
// A document knows no format.
//
// Each format is a package of its own below: text and progress for a terminal,
// markdown for a pull request, htmlpage for a browser, jsondoc and stream for
// scripts. A format decides how something looks, never what is said: the tests
// here hold that the formats of one document tell the same facts.
//
// Message texts, instance keys and everything else that a configuration or the
// network brings along are hostile: no format writes one but through package
// safe. Whether there is colour and how wide the terminal is come in through
// options; nothing is read from the environment.
package view
