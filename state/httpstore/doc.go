// Package httpstore answers the question "how is the record kept on a server that
// speaks Terraform's HTTP protocol?".
//
// The protocol knows four calls: GET reads the state, POST writes the whole of
// it and names the lock in ?ID=, LOCK takes the lock with a JSON body that says
// who, UNLOCK gives it back. There is no call that appends, no comparison of
// what is stored, no reading of the lock and no lease. So:
//
//   - every batch of entries is a write of the whole record. Callers at the
//     same time share one, and while it is under way the next gather;
//   - each write raises a serial in the stored document. GitLab takes no serial
//     twice and hands out the highest;
//   - who holds the lock shows by trying to take it: the server then names the
//     holder, or the lock was free and is given back at once;
//   - a lock outlives a holder that died, until ForceUnlock;
//   - a write that was refused, or not answered, ends the session, unless the
//     server then shows that it has stored exactly this.
package httpstore
