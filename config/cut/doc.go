// Package cut answers the question "where does a top-level block of a source
// end?", without parsing it.
//
// Parsing is what takes the time with large configurations, and a source can be
// parsed in pieces, side by side, if it is cut where no block, string, heredoc
// or comment is open:
//
//	for c := cut.New(src); c.Next(c.Pos); {
//		// src[:c.Pos] ends with a block
//	}
//
// The cutter judges nothing: what is wrong with a source is found by the parser,
// in the pieces or in the whole.
package cut
