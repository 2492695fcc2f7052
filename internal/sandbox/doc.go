// Package sandbox answers the question "what would Instagram have done?".
//
// It is a local Instagram: an http.Handler that speaks the part of the Graph
// API that sends messages and reactions and reads them back, and remembers
// what it accepted. What it accepted is the truth: a test, or a newcomer,
// can ask what each person now sees, whatever the sender believes.
//
//	s, err := sandbox.New(sandbox.Options{Dir: ".herald/inbox"})
//	l, err := sandbox.Listen("127.0.0.1:0", s)
//	// send to l.URL() + "/v24.0/<IG_ID>/messages"
//	s.Conversations()
//
// The answers, ids and error codes are those of the platform where they are
// documented or were seen; what nobody's material settles is an option, with
// the assumption that is worse for the sender as its default. Bodies and
// query parameters are parsed strictly: an unknown key, a sticker with a
// payload or an unreact with a reaction is refused with code 100, so that a
// client's mistake shows here first.
//
// Faults are scripted (package fault): an accepted message whose answer is lost,
// a rate limit, a listing that lags. With a folder the inbox is a file that
// is synced before an answer leaves, so it also survives a kill.
//
// The package shares no type with the client that it tests. If it did, a
// wrong field name would pass every test.
package sandbox
