// Package plan answers the question "what is still to be sent?".
//
// Build compares what is wanted with what is recorded and returns a Plan: for
// each address an action and the reason for it, in the order in which they
// are carried out. It uses no network, no clock and no token: the same
// configuration and the same record give the same plan, byte for byte.
//
// A plan is all that an apply needs. Its id is its digest, so that an approval
// of the id is an approval of exactly what will be sent.
package plan
