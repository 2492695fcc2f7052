// Package filestore keeps a record in one folder of the local disk.
//
// Four files stand beside each other:
//
//	herald.state.json         the snapshot: the record as state.Encode writes it
//	herald.state.journal      what was appended since, one batch after another
//	herald.state.lock         the lock; its content says who holds it
//	herald.state.json.backup  the snapshot before the last one
//
// The snapshot may be committed to version control. All of them have mode 0644
// when they are made: whoever may read the record may plan with it. A link in the place of the snapshot is followed, and the
// other files stand beside its target, so that two ways to one record lead to
// one lock.
//
// An append is one write and one fsync for all callers of that moment. The
// snapshot is replaced by renaming a finished file over it. Whatever fails, the
// session is dead afterwards: a failed fsync may have lost what it was to
// keep, so a later one proves nothing.
//
// With a Sealer the snapshot is encrypted as a whole, and so is its backup, and
// the journal batch by batch; the sums of the journal are over what is stored.
//
// The lock is one of the operating system, which frees it when its holder
// dies. The lock file is never deleted; where somebody else deletes or
// replaces it, the holder stops.
package filestore
