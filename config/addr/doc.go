// Package addr answers the question "which message or reaction is meant?".
//
// A block is addressed by its kind and name, message.welcome; an instance of
// a block with for_each by its key as well, message.welcome["ana"]. The
// written form is the same in HCL, on the command line, in plans and in the
// record, so that an address can be pasted from any of them into any other.
//
// The package uses the standard library only.
package addr
