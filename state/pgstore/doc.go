// Package pgstore keeps records in a PostgreSQL database, which outlives the
// machine that sends and on whose record several runs may work at once.
//
// Five tables stand in a schema of their own:
//
//	records   a record: lineage, serial, origin and endpoints
//	entries   a row for each entry; its line is the truth, the columns find it
//	sessions  who has the lock, or has joined, and until when
//	claims    which session has which conversation
//	paces     when the next call of an account is due
//
// Every write is one transaction that looks first whether the session's lease
// still runs, by the database's clock and with the session's row locked: what
// was paused or cut off writes nothing once another may have its place. An
// intent is written only over the change that it follows, so the database
// itself refuses a second one.
//
// A connection that is lost before the answer came leaves it open whether a
// write was done. Writes are therefore numbered: the session takes its row over
// on a new connection, which keeps the old write from still being done, and
// sees by the number whether it was. It goes on as long as its lease allows.
//
// With a Sealer the lines are encrypted and the columns hold keyed hashes: see
// cipher.
package pgstore
