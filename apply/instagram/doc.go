// Package instagram answers the question "what did Instagram make of this one
// call?".
//
// Client makes one call to the Graph API and turns whatever comes of it, an
// answer, a broken connection or nothing at all, into an apply.Outcome:
//
//	tokens, errs := access.Environment(os.LookupEnv, []string{"shop"})
//	client, err := instagram.New(instagram.Options{Tokens: tokens})
//	outcome := client.Do(ctx, account, call)
//	listing := client.Conversation(ctx, account, recipient)
//
// What decides is written in one place each: verdicts.go says what the codes
// of a Graph error mean, failures.go what a missing or strange answer means,
// and package access which hosts may be given a token. The rule behind them
// all: a call counts as not delivered only where that is certain, by a listed code or
// because nothing of it left Herald and nothing will (witness.go, line.go).
// Everything else is in doubt.
//
// listing.go reads a conversation back, to settle such a doubt, by the same
// rule: what is not surely so is an error or a message that may be anything.
//
// A POST is made once. Nothing here retries it, follows a redirect or lets
// net/http replay it: the body can be read one time only, and it has no GetBody.
//
// No token, no message text and no text of a Graph error leaves the package in
// an outcome, an error or a log line.
package instagram
