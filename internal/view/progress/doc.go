// Package progress answers the question "what does a person see while Herald
// is at work?".
//
// A Run shows a run from its events, a Survey the reading of conversations: on
// a terminal as a live line below what is written, elsewhere as a line for
// each event that matters. Neither shows the text of a message.
package progress
