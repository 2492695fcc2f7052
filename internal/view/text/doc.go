// Package text answers the question "what does a person read in a terminal?".
//
// For each document there is one function that writes it: Plan, Run, Recover,
// Inbox, Entries, Outputs, Diagnostics, and what a pipeline's log shows,
// Annotations. Options say whether there is colour, how wide the terminal is,
// and whether all is wanted, however long; nothing is read from the
// environment. Palette is how text is coloured, for the displays of package
// progress too.
package text
