// Package config answers the question "what should have been sent?".
//
// Load reads the *.hcl files of one directory, checks all that can be checked
// without values, and keeps what evaluation needs. Expand gives it values for
// its variables and returns a Wanted: every message and reaction as a value,
// each with the place in the source that it came from. Validate checks what
// can be checked while the variables are unknown.
//
// Evaluation is pure: no clock, no randomness, no environment, no network; of
// files, only those below the configuration's directory. The same directory
// and the same values give the same Wanted.
//
// Blocks that are written the plain way, one literal a line, are read without
// the parser. What is between them is parsed in pieces that end where top-level
// blocks end, on every processor, and the syntax tree of a piece is dropped once
// its blocks are decoded: an expression that is a constant is kept as one. This
// makes a large configuration cheap, and changes nothing else; a piece that does
// not parse sends the whole file through the parser, for the true diagnostics.
//
// The package knows nothing of what was sent: plan compares.
package config
