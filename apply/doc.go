// Package apply answers the question "how is a plan carried out so that
// nothing is sent twice and nothing is lost?".
//
// For each action it paces, checks the whole record again for the same
// content, appends the intent, makes one call, and appends the outcome before
// the next message of that conversation. What cannot be recorded is not sent;
// a call whose outcome is not known is recorded as in doubt, and settled by
// reading the conversation: found, the message is sent; proven absent, it is
// sent again; anything else leaves it in doubt, and its conversation waits.
//
// The package knows neither HCL files nor HTTP: it is given a plan, a held
// lock on the record, and a Client, which may be a Reader.
package apply
