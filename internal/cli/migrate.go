package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"herald/config"
	"herald/state"
	"herald/state/filestore"
	"herald/state/merge"
)

// migrateOptions are the flags of state migrate.
type migrateOptions struct {
	recordFlags
	from, to string
	force    bool
}

func (a *App) stateMigrateCommand() command {
	o := &migrateOptions{}
	return command{
		name: "migrate", synopsis: "Move the record to another store.",
		help: `Copies the whole record from one store to another, reads it back, and takes the former one out of use. Both are locked meanwhile. Nothing is sent, and nothing is deleted: a local file is renamed to herald.state.json.migrated, and elsewhere the record stays as it was.

-from and -to are each a type of store, local, postgres, s3 or http. One that the configuration has a state block of has the settings of that block; others are given behind a colon: -from=local:old/herald.state.json, -to='s3:bucket=records,key=herald/spring'. The one that is left out is the configuration's. So, once a state block is added:

  herald state migrate -from=local

It may be run again after a crash, and goes on where it was. A target that holds another record, or another state of this one, is refused. With -force two states of one record are joined, as state merge does, and a record of another lineage is replaced if nothing was sent from it.`,
		flags: []flag{
			stringFlag(&o.from, "from", "STORE", "Where the record is now."),
			stringFlag(&o.to, "to", "STORE", "Where it is to be kept."),
			boolFlag(&o.force, "force", "Go on although the target holds a record."),
			durationFlag(&o.lockTimeout, "lock-timeout", "DURATION", "How long to wait for each lock, as in 30s. The default is 0s."),
		},
		action: func(ctx context.Context, _ []string) int { return a.runMigrate(ctx, o) },
	}
}

// move is one record on its way from one store to another.
type move struct {
	app      *App
	opts     *migrateOptions
	from, to state.Store
	source   state.Session
	target   state.Session
	plain    bool // the source is not encrypted, though the target is
}

func (a *App) runMigrate(ctx context.Context, o *migrateOptions) int {
	m, err := a.newMove(ctx, o)
	if err == nil {
		err = m.locked(ctx)
	}
	if err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	return exitOK
}

// newMove opens both stores.
func (a *App) newMove(ctx context.Context, o *migrateOptions) (*move, error) {
	configured, diags := a.keeping()
	if diags.HasErrors() {
		return nil, diags
	}
	if o.from == "" && o.to == "" {
		return nil, fail("Which way?", "Say where the record is now, or where it is to be kept; the other is what the configuration says:\n\n  herald state migrate -from=local")
	}
	from, err := sideOf("from", o.from, configured)
	if err != nil {
		return nil, err
	}
	to, err := sideOf("to", o.to, configured)
	if err != nil {
		return nil, err
	}
	if from.store.Same(to.store) {
		return nil, fail("One place", "Both sides are the same place, so there is nothing to move. Add a state block that says where the record is to be kept, or name the other side:\n\n  herald state migrate -from=local\n  herald state migrate -to='s3:bucket=NAME,key=NAME'")
	}
	m := &move{app: a, opts: o}
	if m.to, err = a.openStore(to, recordFlags{}); err != nil {
		return nil, err
	}
	m.from, m.plain, err = a.openSource(ctx, from)
	return m, err
}

// openSource opens the store that a record comes from. It may be one from
// before the configuration said that records are encrypted.
func (a *App) openSource(ctx context.Context, k keeping) (state.Store, bool, error) {
	store, err := a.openStore(k, recordFlags{})
	if err != nil || k.encryption == nil {
		return store, false, err
	}
	if _, err := store.Load(ctx); err == nil || errors.Is(err, state.ErrNoRecord) {
		return store, false, nil
	}
	plain, err := a.openSealed(k, recordFlags{}, nil)
	if err == nil {
		if _, err := plain.Load(ctx); err == nil {
			return plain, true, nil
		}
	}
	return store, false, nil // which says what is wrong once it is locked
}

// sideOf reads one side of a move: TYPE, TYPE:NAME=VALUE,… or local:PATH. An
// empty one is what the configuration says.
func sideOf(flag, text string, configured keeping) (keeping, error) {
	if text == "" {
		return configured, nil
	}
	typ, rest, given := strings.Cut(text, ":")
	s := &config.Store{Type: typ, Settings: map[string]string{}}
	switch {
	case !given && configured.store != nil && configured.store.Type == typ:
		return configured, nil
	case given && typ == config.StoreLocal && !strings.HasPrefix(rest, "path="):
		s.Settings["path"] = rest
	case given:
		for _, part := range splitSettings(rest) {
			name, value, ok := strings.Cut(part, "=")
			if !ok {
				return keeping{}, fail("Invalid store", fmt.Sprintf("What stands behind the colon of -%s is a list of settings with commas between them, as in -%s='postgres:schema=herald,record=spring', and %q is none.", flag, flag, part))
			}
			s.Settings[name] = value
		}
	}
	if err := s.Check(); err != nil {
		return keeping{}, fail("Invalid store", fmt.Sprintf("-%s=%s cannot be used: %s. A store is local, postgres, s3 or http, with the settings that its state block would have:\n\n  -%s=local:PATH\n  -%s='postgres:schema=herald,record=spring'\n  -%s='s3:bucket=NAME,key=NAME,region=NAME'\n  -%s='http:address=https://HOST/PATH'",
			flag, text, err, flag, flag, flag, flag))
	}
	return keeping{store: s, encryption: configured.encryption}, nil
}

// splitSettings splits at the commas that a name and an equals sign follow.
func splitSettings(s string) []string {
	var out []string
	for _, part := range strings.Split(s, ",") {
		name, _, ok := strings.Cut(part, "=")
		plain := ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
		if len(out) > 0 && !plain {
			out[len(out)-1] += "," + part
			continue
		}
		out = append(out, part)
	}
	return out
}

// locked takes both locks, moves the record, and gives them back.
func (m *move) locked(ctx context.Context) (err error) {
	a := m.app
	who := a.holder("state migrate")
	for _, side := range []struct {
		store   state.Store
		session *state.Session
	}{{m.from, &m.source}, {m.to, &m.target}} {
		session, err := side.store.Lock(ctx, who, m.opts.lockTimeout)
		if err != nil {
			return lockFailure(side.store, err)
		}
		defer func() {
			if e := session.Unlock(); e != nil && err == nil {
				err = e
			}
		}()
		*side.session = session
	}
	rec, err := m.load(ctx)
	if err != nil || rec == nil {
		return err
	}
	stored, err := m.store(ctx, rec)
	if err != nil {
		return err
	}
	if err := m.verify(ctx, stored); err != nil {
		return err
	}
	return m.retire(ctx, stored)
}

// load reads the record that is to be moved, with its journal taken in. It is
// nil where it has moved already.
func (m *move) load(ctx context.Context) (*state.Record, error) {
	a := m.app
	rec, err := m.source.Load(ctx)
	if errors.Is(err, state.ErrNoRecord) {
		return nil, m.nothingThere(ctx)
	}
	if err != nil {
		return nil, err
	}
	if diags := a.unpushed(m.from, rec); diags.HasErrors() {
		return nil, refusal(diags)
	}
	if a.claimedPlan(m.from, m.source, rec) != "" {
		return nil, refusal(fail("A plan is prepared", "What this machine has prepared (apply -prepare) it can send only while the record stays where it is; elsewhere it would all be in doubt. Nothing was changed. Send it, and move the record then:\n\n  herald apply"))
	}
	if unfolded(m.source) {
		if err := m.source.Snapshot(ctx, rec); err != nil {
			return nil, err
		}
	}
	return rec, nil
}

// nothingThere tells why there is nothing to move: it has moved already, or
// never was there.
func (m *move) nothingThere(ctx context.Context) error {
	if isFile(m.from) {
		moved := filestore.RetiredName(m.from.Location())
		if there, err := m.target.Load(ctx); err == nil && exists(moved) {
			return m.app.movedAlready(m.from, m.to, moved, there)
		}
	}
	return refusal(fail("Nothing to move", fmt.Sprintf("There is no record at %s. Nothing was changed.", m.from.Location())))
}

// movedAlready tells that an earlier migrate has done it all, if what it has
// left behind is known to the target; nil is success.
func (a *App) movedAlready(from, to state.Store, moved string, there *state.Record) error {
	src, err := os.ReadFile(moved)
	if err != nil {
		return err
	}
	left, err := a.decode(src, moved)
	if err == nil && left.Lineage == there.Lineage && missingIn(there, left) == nil {
		a.say(fmt.Sprintf("The record has moved already, from %s to %s, which knows all that %s does. There is nothing left to do.", from.Location(), to.Location(), moved))
		return nil
	}
	return refusal(fail("Nothing to move", fmt.Sprintf("There is no record at %s; %s is what an earlier move has left, and the record at %s does not know all of it. Nothing was changed. Bring both together:\n\n  herald state migrate -force -from=%s", from.Location(), moved, to.Location(), shellWord("local:"+moved))))
}

// missingIn returns an entry that one record holds and that the other does not
// know as well, or nil.
func missingIn(rec, other *state.Record) *state.Entry {
	for _, e := range other.Sorted() {
		if have := rec.Get(e.Key()); have == nil || have.Change < e.Change {
			return e
		}
	}
	return nil
}

// store writes the record into the target, and returns what is stored there
// then.
func (m *move) store(ctx context.Context, rec *state.Record) (*state.Record, error) {
	present, err := m.target.Load(ctx)
	switch {
	case errors.Is(err, state.ErrNoRecord):
		return m.put(ctx, rec, nil)
	case err != nil:
		return nil, err
	case sameFile(rec, present):
		return present, nil // an earlier run has come so far
	}
	next, err := m.join(rec, present)
	if err != nil || next == present {
		return present, err
	}
	if unfolded(m.target) {
		if err := m.target.Snapshot(ctx, present); err != nil {
			return nil, err
		}
	}
	return m.put(ctx, next, present)
}

// put stores a record in the target, which holds present or nothing.
func (m *move) put(ctx context.Context, rec, present *state.Record) (*state.Record, error) {
	if r, ok := m.target.(state.Replacer); ok {
		return rec, r.Replace(ctx, rec)
	}
	next := rec.Clone()
	next.Serial = 0
	if present != nil {
		if present.Lineage != rec.Lineage {
			return nil, refusal(fail("Target holds another record", fmt.Sprintf("The store at %s does not let one record take the place of another. Name a place where there is none.", m.to.Location())))
		}
		next.Serial = present.Serial
	}
	return next, m.target.Snapshot(ctx, next)
}

// join returns what the target is to hold, which holds another state of the
// record already, or another record: present itself, if that is all of it.
func (m *move) join(rec, present *state.Record) (*state.Record, error) {
	const unchanged = " Nothing was changed."
	where := m.to.Location()
	if rec.Lineage != present.Lineage {
		if e := known(present, rec); e != nil {
			return nil, refusal(fail("Target holds another record", fmt.Sprintf("The record at %s is another one: its lineage is %s, and that of the one to be moved is %s. It knows of %s, %s, of which the one to be moved knows nothing: in its place that would be forgotten, and sent again.%s Name a place where there is no record.",
				where, present.Lineage, rec.Lineage, e.Key(), inWords(e.Status), unchanged)))
		}
		if !m.opts.force {
			return nil, refusal(fail("Target holds another record", fmt.Sprintf("The record at %s is another one: its lineage is %s, and that of the one to be moved is %s. Nothing was sent from it that the one to be moved does not know.%s To put the one to be moved in its place, add -force.", where, present.Lineage, rec.Lineage, unchanged)))
		}
		return rec, nil
	}
	if missingIn(present, rec) == nil && present.Serial >= rec.Serial {
		if m.opts.force {
			return present, nil
		}
		return nil, refusal(fail("Target knows more", fmt.Sprintf("The record at %s is a later state of the same one: its serial is %d, that of the one to be moved %d, and it knows all that this one does. It is what was worked with since.%s To take the former one out of use and keep the later one, add -force.", where, present.Serial, rec.Serial, unchanged)))
	}
	if !m.opts.force {
		about := ""
		if e := missingIn(rec, present); e != nil {
			about = fmt.Sprintf(" The one to be moved does not know what the target does of %s.", e.Key())
		}
		return nil, refusal(fail("Target holds another state of the record", fmt.Sprintf("The record at %s has serial %d, and the one to be moved %d, so both were worked with since they were one.%s%s To join them, so that nothing that either has sent is forgotten, add -force.", where, present.Serial, rec.Serial, about, unchanged)))
	}
	merged, twice, err := merge.Records(nil, rec, present)
	if err != nil {
		return nil, err
	}
	m.app.report(deliveredTwice(twice))
	return merged, nil
}

// known returns an entry of a record that says that something was sent, or may
// have been, and that the other record does not hold alike; or nil.
func known(rec, other *state.Record) *state.Entry {
	for _, e := range rec.Sorted() {
		if e.Status != state.Sent && e.Status != state.Intent && e.Status != state.Reacted {
			continue
		}
		have := other.Get(e.Key())
		if have == nil || have.Status != e.Status || have.MessageID != e.MessageID || have.Change < e.Change {
			return e
		}
	}
	return nil
}

// verify reads the target anew, and compares it byte by byte with what was to
// be stored.
func (m *move) verify(ctx context.Context, want *state.Record) error {
	got, err := m.to.Load(ctx)
	if err != nil {
		return fmt.Errorf("the record cannot be read back: %w", err)
	}
	if !sameFile(want, got) {
		return refusal(fail("Record was not stored as it is", fmt.Sprintf("What is read back from %s is not what was written there. The former record is in its place, unchanged, and stays the one to use; take the target's away before you try again.", m.to.Location())))
	}
	return nil
}

// retire takes the former record out of use, and tells what was done.
func (m *move) retire(ctx context.Context, stored *state.Record) error {
	a := m.app
	left := fmt.Sprintf("The record at %s stays as it was, and must not be used any more: whoever sends by it sends again what was sent since. Once you have seen that all is well, delete it there.", m.from.Location())
	if s, ok := m.source.(interface {
		Retire(context.Context) (string, error)
	}); ok {
		to, err := s.Retire(ctx)
		if err != nil {
			return err
		}
		left = fmt.Sprintf("The former file is now %s; nothing uses it any more. If the record was in git, commit its removal together with the state block, so that nobody works with the former one.", to)
	}
	if m.plain {
		left += " It is not encrypted, and the new one is: delete the former one, with its backup, once you have seen that all is well."
	}
	a.say(fmt.Sprintf("The record has moved to %s: %s, lineage %s, serial %d.\n\n%s", m.to.Location(), counted(stored.Len(), "entry", "entries"), stored.Lineage, stored.Serial, left))
	return nil
}
