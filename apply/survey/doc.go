// Package survey answers the question "what of a plan is in the conversations
// already?".
//
// It reads each conversation that a plan is about to send to, and says of each
// message whether one of ours that equals it stands there (found), whether it
// is certain that none does (absent), or why that cannot be told (unknown). It
// sends nothing and writes nothing. What recover adopts, and what a refreshed
// plan is annotated with, follows from that.
//
// Unlike the recipe by which apply settles a doubt, a survey does not know when
// something was sent: a lost record takes the time with it. So the whole
// conversation counts, and only what is equal beyond doubt is found.
package survey
