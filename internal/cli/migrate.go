package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"herald/config"
	"herald/state"
	"herald/state/merge"
	"herald/state/seal"
)

// migrateOptions are the flags of state migrate.
type migrateOptions struct {
	recordFlags
	from, to string
	force    bool
	decrypt  bool
}

func (a *App) stateMigrateCommand() command {
	o := &migrateOptions{}
	return command{
		name: "migrate", synopsis: "Move the record to another store.",
		help: `Copies the whole record from one store to another, reads it back, and takes the former one out of use. Both are locked meanwhile. Nothing is sent, and nothing is deleted: a local file is renamed to herald.state.json.migrated, and elsewhere the record is marked as moved, so that whoever still looks there is told where it is now.

-from and -to are each a type of store, local, postgres, s3 or http. One that the configuration has a state block of has the settings of that block; others are given behind a colon: -from=local:old/herald.state.json, -to='s3:bucket=records,key=herald/spring'. The one that is left out is the configuration's. So, once a state block is added:

  herald state migrate -from=local

It may be run again after a crash, and goes on where it was. A target that holds another record, or another state of this one, is refused. With -force two states of one record are joined, as state merge does, and a record of another lineage is replaced if nothing was sent from it.

The new place is encrypted if the configuration has an encryption block. With -decrypt it is not, and the former one is opened with the keys of the environment. To change the keys of a record that stays where it is, see herald state rekey.`,
		flags: []flag{
			stringFlag(&o.from, "from", "STORE", "Where the record is now."),
			stringFlag(&o.to, "to", "STORE", "Where it is to be kept."),
			boolFlag(&o.decrypt, "decrypt", "Keep the record unencrypted in its new place."),
			boolFlag(&o.force, "force", "Go on although the target holds a record."),
			durationFlag(&o.lockTimeout, "lock-timeout", "DURATION", "How long to wait for each lock, as in 30s. The default is 0s."),
		},
		action: func(ctx context.Context, _ []string) int { return a.runMigrate(ctx, o) },
	}
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
	if o.decrypt {
		to.encryption = nil
	}
	m := &move{app: a, opts: o, fromSide: from, toSide: to}
	if m.to, err = a.openStore(to, recordFlags{}); err != nil {
		return nil, err
	}
	if m.from, err = m.openSource(ctx, from); err != nil {
		return nil, err
	}
	m.fromPlace, m.toPlace = place(from, m.from), place(to, m.to)
	return m, nil
}

// openSource opens the store that a record comes from. It may be one from
// before the configuration said that records are encrypted; with -decrypt, one
// from before it said no more that they are.
func (m *move) openSource(ctx context.Context, k keeping) (state.Store, error) {
	a := m.app
	store, err := a.openStore(k, recordFlags{})
	if err != nil {
		return nil, err
	}
	m.sealed = m.opts.decrypt
	switch _, err := state.LoadMarked(ctx, store); {
	case err == nil, errors.Is(err, state.ErrNoRecord):
		m.sealed = m.sealed && k.encryption != nil
		return store, nil
	case k.encryption != nil:
		plain, err := a.openSealed(k, recordFlags{}, nil)
		if err == nil {
			if _, err := state.LoadMarked(ctx, plain); err == nil {
				m.plain, m.sealed = !m.opts.decrypt, false
				return plain, nil
			}
		}
	case m.opts.decrypt:
		o, err := a.keys()
		if err != nil {
			return nil, err
		}
		own, err := seal.Own(o)
		if err != nil {
			return nil, err
		}
		return a.openSealed(k, recordFlags{}, own)
	}
	return store, nil // which says what is wrong once it is locked
}

// place names a side as -from and -to take it, without what may be secret.
func place(k keeping, store state.Store) string {
	if k.local() {
		path := k.of("path")
		if path == "" {
			path = stateFile
		}
		return config.StoreLocal + ":" + path
	}
	settings := maps.Clone(k.store.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	switch k.store.Type {
	case config.StoreHTTP:
		settings["address"] = store.Location()
	case config.StorePostgres:
		if settings["record"] == "" {
			settings["record"] = config.DefaultRecord
		}
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		value := settings[name]
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			u.User, u.RawQuery, u.Fragment = nil, "", ""
			value = u.String()
		}
		parts = append(parts, name+"="+value)
	}
	return k.store.Type + ":" + strings.Join(parts, ",")
}

// samePlace reports whether a text that place has made names that side.
func samePlace(text string, k keeping) bool {
	named, err := sideOf("to", text, keeping{})
	return err == nil && named.store.Same(k.store)
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

// join returns what the target is to hold, which holds another state of the
// record already, or another record: present itself, if that is all of it.
// Nobody works with a record that is marked, so what one knows that came from
// here, or went to here, is no other state than this one's.
func (m *move) join(rec, present *state.Record, mark *state.Mark) (*state.Record, error) {
	const unchanged = " Nothing was changed."
	where := m.to.Location()
	if mark != nil && rec.Lineage == present.Lineage {
		switch {
		case missingIn(rec, present) == nil:
			return rec, nil
		case mark.Kind == state.Arriving && missingIn(present, rec) == nil && samePlace(mark.Place, m.fromSide):
			return present, nil
		}
	}
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
