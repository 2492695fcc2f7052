// Package seal answers the question "how does what is recorded stay unread by
// those who keep it?".
//
// It encrypts by age (filippo.io/age), as a whole and with nothing of its own:
//
//   - For recipients, sealed data is a file of age: "age -d -i KEY" opens it.
//   - For a passphrase, age's scrypt takes a second, which is too long for each
//     of thousands of small batches. So there is a key between: an identity of
//     age, made at random, sealed by the passphrase once, and carried by every
//     blob. A process asks scrypt once for a record, and goes on with the key
//     that it found there. Open explains the form.
//
// What is opened is read to the end before any of it is returned, so a byte
// that was changed, lost or added is noticed.
//
// Age keeps secret; it does not say who wrote. Whoever knows a recipient, which
// is public, can seal another record for it: who may write to the store is for
// the store to guard. Only a passphrase keeps strangers from sealing as well.
// That an older record was put back is noticed by neither.
package seal
