package cli

import (
	"context"
	"errors"
	"fmt"

	"herald/config"
	"herald/state"
	"herald/state/pgstore"
	"herald/state/s3store"
	"herald/state/seal"
)

// rekeyOptions are the flags of state rekey.
type rekeyOptions struct {
	recordFlags
	decrypt bool
}

func (a *App) stateRekeyCommand() command {
	o := &rekeyOptions{}
	return command{
		name: "rekey", synopsis: "Write the record anew, encrypted as the configuration says now.",
		help: `Reads the record with the keys of the environment, the former ones included, and writes all of it anew in its place, encrypted as the encryption block says now: for other recipients, by another passphrase, or for the first time. Nothing is sent. Afterwards the present key alone must do:

  herald state list

With -decrypt, once the encryption block was taken out of the configuration, the record is no longer encrypted.

What was written before stays as it was where it still is: saved plans, former versions in git, in a bucket or on a server.

Exit codes: 0 it is written; 1 an error; 5 refused, because of the record.`,
		flags: append([]flag{
			boolFlag(&o.decrypt, "decrypt", "Have the record unencrypted from now on."),
		}, o.recordFlags.write()...),
		action: func(ctx context.Context, _ []string) int {
			err := a.rekey(ctx, o)
			if err != nil {
				a.report(failure(err))
				return exitCode(err)
			}
			return exitOK
		},
	}
}

// rekey writes the record in its place with other keys.
func (a *App) rekey(ctx context.Context, o *rekeyOptions) (err error) {
	k, diags := a.keeping()
	if diags.HasErrors() {
		return diags
	}
	changing, err := a.changing(k.encryption, o.decrypt)
	if err != nil {
		return err
	}
	if _, err := a.openStore(keeping{store: k.store}, o.recordFlags); err != nil { // where -state is out of place
		return err
	}
	store, err := a.openSealed(k, o.recordFlags, changing)
	if err != nil {
		return err
	}
	session, err := store.Lock(ctx, a.holder("state rekey"), o.lockTimeout)
	if err != nil {
		return notLocked(store, err)
	}
	defer func() { err = errors.Join(err, session.Unlock()) }()
	rec, err := session.Load(ctx)
	switch {
	case errors.Is(err, state.ErrNoRecord):
		return refusal(a.notFound(store))
	case err != nil:
		return err
	}
	if diags := a.unpushed(store, rec); diags.HasErrors() {
		return refusal(diags)
	}
	if a.claimedPlan(store, session, rec) != "" {
		return refusal(fail("A plan is prepared", "What this machine has prepared (apply -prepare) it can send only while the record stays as it is. Nothing was changed. Send it first:\n\n  herald apply"))
	}
	if err := writeAnew(ctx, store, session, rec); err != nil {
		return err
	}
	a.say(fmt.Sprintf("The record at %s is written anew, %s: %s, lineage %s, serial %d.", store.Location(), encryptedFor(k.encryption), counted(rec.Len(), "entry", "entries"), rec.Lineage, rec.Serial))
	return nil
}

// changing returns what reads a record in whichever form it is, and writes it
// as the block says.
func (a *App) changing(e *config.Encryption, decrypt bool) (state.Sealer, error) {
	switch {
	case e != nil && decrypt:
		return nil, fail("Encryption is configured", "With -decrypt the record would no longer be encrypted, and the configuration says that it is: the next command would refuse it. Nothing was changed. Take the encryption block out of herald { } first.")
	case e == nil && !decrypt:
		return nil, fail("No encryption is configured", "The herald block has no encryption block, which says for whom the record is encrypted. Nothing was changed. To have a record that was encrypted without encryption from now on:\n\n  herald state rekey -decrypt")
	}
	if e != nil {
		s, err := a.sealer(e)
		return state.Changing{From: s, To: s}, err
	}
	o, err := a.keys()
	if err != nil {
		return nil, err
	}
	s, err := seal.Opener(o)
	return state.Changing{From: s}, err
}

// writeAnew writes every byte of the record anew, and of its backup.
func writeAnew(ctx context.Context, store state.Store, session state.Session, rec *state.Record) error {
	times := 1
	switch store.(type) {
	case *pgstore.Store:
		// A snapshot writes what has changed only; this, all under a new key.
		return session.(state.Replacer).Replace(ctx, rec)
	case *s3store.Store:
		times = 2 // the first one leaves the former record as the backup
	default:
		if isFile(store) {
			times = 2
		}
	}
	for range times {
		if err := session.Snapshot(ctx, rec); err != nil {
			return err
		}
	}
	return nil
}

// encryptedFor says who may read.
func encryptedFor(e *config.Encryption) string {
	switch {
	case e == nil:
		return "not encrypted any more"
	case e.Passphrase:
		return "encrypted by the passphrase"
	}
	return "encrypted for " + counted(len(e.Recipients), "recipient", "recipients")
}
