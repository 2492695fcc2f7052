// Package storetest answers the question "is this a store that a record may be
// trusted to?".
//
// Run is the contract of state.Store as a test. Each store runs it in its own
// tests, and adds what only that store can do wrong.
package storetest
