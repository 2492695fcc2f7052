// Herald is a declarative runner for Instagram direct messages. HCL files say
// which messages and reactions should have been sent; herald plan compares
// them with a record of what was sent; herald apply sends exactly the
// difference through Meta's Graph API.
//
// What a careful user asks:
//
// Can a customer get a message twice? Not by Herald's own decision. Each send
// is recorded before it is made, and its outcome after; a send whose outcome
// is not known is in doubt: its conversation is read, and it is sent again only
// where it is proven not to have arrived.
//
// Can I run it again after a crash, a lost answer or a failed job? Yes, that
// is what it is for: what was recorded as sent is skipped.
//
// What does a plan need? The files and the record. It opens no connection,
// needs no token and writes nothing, so it is safe on a pull request.
//
// Where does my token go? To graph.instagram.com, graph.facebook.com or
// loopback, and nowhere else unless the environment allows the host by name.
// It is never written to a file or a log.
//
// Are message texts kept? Not in the record, which can be committed to git. A
// saved plan holds them, and is readable by its owner only.
//
// Run herald without arguments for the list of commands. README.md is the tour.
package main

import (
	"os"

	"herald/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:]))
}
