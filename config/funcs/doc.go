// Package funcs answers the question "what can an expression compute?".
//
// Table returns the functions that a configuration may call, under Terraform's
// names and with Terraform's behaviour, as documented there. All of them are
// pure: what reads a clock, makes random values or looks at the machine is
// refused, each with its reason (Refused). What reads files is confined to one
// directory, and sees each file as it was when it was first read.
//
// Convert and DecodeJSON are what the functions and the values of variables
// share: both take time in proportion to the size of what they are given.
package funcs
