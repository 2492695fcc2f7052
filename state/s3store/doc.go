// Package s3store answers the question "how is a record kept in a bucket of S3,
// or of a server that speaks its protocol?".
//
// Below the key of the record there are:
//
//	<key>.json                       the snapshot: the record as state.Encode writes it
//	<key>.json.backup                the snapshot before the last one
//	<key>.lock                       the lock; its content says who holds it
//	<key>.journal/<base>-<gen>-<n>   segment n that the session gen appended since the snapshot base
//
// All writing is conditional: an object is made with If-None-Match, and replaced
// with If-Match on the version that was read. A write whose answer was lost is
// repeated, and if it is then refused, what is stored is compared with what was
// to be written: so each write has happened or has not, and the store knows.
//
// The lock is a lease. Its holder renews it each quarter of its length, and
// stops two thirds after the start of the last renewal that was acknowledged. A
// taker waits until it has itself seen no renewal for the whole length and a
// tenth more. Each side measures with its own clock that never goes back, so
// no two clocks are compared.
//
// S3 cannot fence a write: a holder that was paused may add one segment after
// its time. Such a late segment is told apart by what the sessions after it say
// they had seen, and is merged into the record like the other side of
// a merge (merge.Records): an intent in it is in doubt, and nothing is lost.
//
// A snapshot says, in the metadata of its object, which segments it holds. They
// are deleted afterwards; one that a crash left is known to be spent.
package s3store
