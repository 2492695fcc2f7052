// Package cli answers the question "what does each command do, in which
// order, and with which exit code?".
//
// One file holds one command. A command parses its flags, wires configuration,
// record, plan, client and display together, and ends with an exit code; it
// decides nothing that those packages decide, and prints nothing but through
// the formats of internal/view. errors.go turns the typed errors from below
// into diagnostics.
//
// The rules of the interface: answers go to standard output, everything else
// to standard error; a diagnostic says what to do next; no command asks
// without a terminal; nothing is sent without a plan that was shown or given.
// With -json every line of standard output is JSON, diagnostics too (answer.go).
package cli
