//go:build race

package state

// raced says that the race detector is on, which makes memory and time mean
// nothing.
const raced = true
