package pgstore

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"herald/state"
	"herald/state/pgstore/pgtest"
)

// sqlFails runs statements as the superuser that the server must refuse.
func sqlFails(t *testing.T, server *pgtest.Server, sql, want string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	_, err = c.Exec(t.Context(), sql)
	var e *pgconn.PgError
	if !errors.As(err, &e) || !strings.Contains(e.Message+" "+e.Hint, want) {
		t.Errorf("%s: %v, want %q", sql, err, want)
	}
}

// TestEntriesAreKept: nobody deletes an entry by accident, the role that sends
// included.
func TestEntriesAreKept(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "a", state.Sent, 2), to(1, "b", state.Sent, 2))
	const why = "what is deleted would be sent again To delete a whole record for good: SET herald_record.removes = on"
	sqlFails(t, p.server, "DELETE FROM "+p.schema+".entries WHERE recipient = '1'", why)
	sqlFails(t, p.server, "TRUNCATE "+p.schema+".entries", why)
	if got := p.load(t); got.Len() != 2 {
		t.Errorf("%d entries are left", got.Len())
	}
	p.server.Exec(t, "SET herald_record.removes = on; DELETE FROM "+p.schema+".entries; DELETE FROM "+p.schema+".records")
	if _, err := p.store(nil).Load(t.Context()); !errors.Is(err, state.ErrNoRecord) {
		t.Errorf("after the whole record was deleted: %v", err)
	}
}

// TestRestoredInPart: entries that a restore has left out are missed by whoever
// reads a part that does not hold them.
func TestRestoredInPart(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	p.record(t, to(0, "a", state.Sent, 2), to(1, "b", state.Sent, 2), to(2, "c", state.Sent, 2))
	part := state.Part{Conversations: []state.Conversation{talk(0)}}
	look := func() error { _, err := p.store(nil).LoadPart(t.Context(), part); return err }
	join := func() error {
		m, err := p.store(nil).Join(t.Context(), state.Holder{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.(state.PartLoader).LoadPart(t.Context(), part)
		return errors.Join(err, m.Unlock())
	}
	home := func() (is string) {
		c, err := pgx.Connect(t.Context(), p.server.URL())
		if err == nil {
			err = c.QueryRow(t.Context(), "SELECT home FROM "+p.schema+".records").Scan(&is)
			_ = c.Close(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if err := errors.Join(look(), join()); err != nil {
		t.Fatal(err)
	}
	first := home()
	// A dump that is put back whole.
	restore := func(where string) {
		p.server.Exec(t, strings.NewReplacer("SCHEMA", p.schema, "WHERE", where).Replace(`SET herald_record.removes = on;
			CREATE TABLE SCHEMA.dump AS SELECT * FROM SCHEMA.entries WHERE; TRUNCATE SCHEMA.entries;
			INSERT INTO SCHEMA.entries SELECT * FROM SCHEMA.dump; DROP TABLE SCHEMA.dump`))
	}
	restore("")
	if err := errors.Join(look(), join()); err != nil {
		t.Errorf("after a whole restore: %v", err)
	}
	if home() == first {
		t.Error("who has looked after the restore did not note it")
	}
	restore("WHERE recipient <> '" + to(2, "c", state.Sent, 2).Recipient + "'")
	for _, err := range []error{look(), join(), join()} {
		var damaged *state.FormatError
		if !errors.As(err, &damaged) || damaged.Problem != "the record counts 3 entries, and 2 are there" {
			t.Errorf("after a restore in part: %v", err)
		}
	}
}

// TestUpgradeOfKept brings tables of version 2 to this one, by a role that owns
// them and by one that does not.
func TestUpgradeOfKept(t *testing.T) {
	t.Parallel()
	p := newPlace(t, time.Minute)
	old := p.store(nil)
	old.steps = old.steps[:2]
	x, err := old.Lock(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := state.NewRecord("lineage-1")
	r.Put(to(0, "a", state.Sent, 2))
	if err := errors.Join(x.Snapshot(t.Context(), r), x.Append(t.Context(), to(1, "b", state.Sent, 2)), x.Unlock()); err != nil {
		t.Fatal(err)
	}
	// Who only looks changes nothing, and reads parts.
	got, err := p.store(nil).LoadPart(t.Context(), state.Part{Conversations: []state.Conversation{talk(1)}})
	if err != nil || got.Len() != 1 || got.Rest != 1 {
		t.Fatalf("a part of version 2: %v, %v", got, err)
	}
	p.server.Exec(t, `CREATE ROLE no_owner LOGIN; GRANT USAGE ON SCHEMA `+p.schema+` TO no_owner;
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA `+p.schema+` TO no_owner`)
	sender := New(Options{URL: p.server.URLOf("no_owner", p.server.Port()), Schema: p.schema})
	_, err = sender.Join(t.Context(), state.Holder{}, 0)
	told(t, err, "the tables have version 2, this Herald works with version 3, and only who owns them may bring them up to date", "CREATE TRIGGER keep_entries")
	var e *state.StoreError
	if errors.As(err, &e) {
		_, sql, _ := strings.Cut(e.Advice, "BEGIN;")
		sql, _, _ = strings.Cut(sql, "COMMIT;")
		p.server.Exec(t, sql)
	}
	m, err := sender.Join(t.Context(), state.Holder{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err = m.Load(t.Context())
	if err != nil || got.Len() != 2 {
		t.Errorf("after the upgrade: %v, %v", got, err)
	}
	if err := m.Unlock(); err != nil {
		t.Error(err)
	}
	p.server.Exec(t, "DROP OWNED BY no_owner; DROP ROLE no_owner")
	sqlFails(t, p.server, "DELETE FROM "+p.schema+".entries", "would be sent again")
}
