package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// steps make the schema: the first one version 1 out of nothing, each further
// one the next version. A step that was published is never changed. The name of
// the schema is herald in them.
func steps() []string { return []string{stepRecords, stepShared, stepKept} }

const stepRecords = `
CREATE TABLE herald.records (
	record  text COLLATE "C" PRIMARY KEY,
	lineage text NOT NULL,
	serial  bigint NOT NULL,
	sealed  boolean NOT NULL,
	head    bytea NOT NULL,
	entries bigint NOT NULL
);
CREATE TABLE herald.entries (
	record      text COLLATE "C" NOT NULL,
	address     text COLLATE "C" NOT NULL,
	revision    bigint NOT NULL,
	account     text COLLATE "C" NOT NULL,
	recipient   text COLLATE "C" NOT NULL,
	fingerprint text COLLATE "C" NOT NULL,
	message_id  text COLLATE "C" NOT NULL,
	plan_id     text COLLATE "C" NOT NULL,
	status      text COLLATE "C" NOT NULL,
	also_sent   boolean NOT NULL,
	change      bigint NOT NULL,
	follows     bigint,
	line        bytea NOT NULL,
	PRIMARY KEY (address, revision, record)
);
CREATE INDEX entries_record ON herald.entries (record);
CREATE INDEX entries_fingerprint ON herald.entries (fingerprint);
CREATE INDEX entries_conversation ON herald.entries (recipient, account);
CREATE INDEX entries_message_id ON herald.entries (message_id) WHERE message_id <> '';
CREATE INDEX entries_plan_id ON herald.entries (plan_id);
CREATE INDEX entries_open ON herald.entries (status) WHERE status IN ('intent', 'reacted') OR also_sent;
CREATE TABLE herald.sessions (
	record    text COLLATE "C" NOT NULL,
	session   text COLLATE "C" NOT NULL,
	exclusive boolean NOT NULL,
	nonce     text COLLATE "C" NOT NULL,
	holder    bytea NOT NULL,
	since     timestamptz NOT NULL,
	until     timestamptz NOT NULL,
	epoch     bigint NOT NULL DEFAULT 0,
	batch     bigint NOT NULL DEFAULT 0,
	entries   bigint NOT NULL DEFAULT 0 CONSTRAINT batch_is_whole CHECK (entries >= 0),
	PRIMARY KEY (record, session)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX sessions_exclusive ON herald.sessions (record) WHERE exclusive;
`

const stepShared = `
CREATE TABLE herald.claims (
	record    text COLLATE "C" NOT NULL,
	account   text COLLATE "C" NOT NULL,
	recipient text COLLATE "C" NOT NULL,
	session   text COLLATE "C" NOT NULL,
	PRIMARY KEY (record, account, recipient),
	FOREIGN KEY (record, session) REFERENCES herald.sessions ON DELETE CASCADE
);
CREATE INDEX claims_session ON herald.claims (record, session);
CREATE TABLE herald.paces (
	account text COLLATE "C" NOT NULL,
	lane    text COLLATE "C" NOT NULL,
	next    timestamptz NOT NULL,
	PRIMARY KEY (account, lane)
) WITH (fillfactor = 50);
`

// stepKept keeps entries from being deleted by others than Herald, whose own
// transactions say so (removes). The home of a record says for which table its
// entries were counted: see counted.
const stepKept = `
ALTER TABLE herald.records ADD COLUMN home text NOT NULL DEFAULT '';
CREATE FUNCTION herald.keep_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('herald_record.removes', true) = 'on' THEN
		RETURN NULL;
	END IF;
	RAISE EXCEPTION 'an entry says that something was sent, and what is deleted would be sent again'
		USING ERRCODE = 'restrict_violation', HINT = 'To delete a whole record for good: SET herald_record.removes = on';
END $$;
CREATE TRIGGER keep_entries BEFORE DELETE OR TRUNCATE ON herald.entries FOR EACH STATEMENT EXECUTE FUNCTION herald.keep_entries();
`

// SQL returns what makes the tables in the schema of that name, for an
// administrator who does not want to give Herald the right to do it.
func SQL(schema string) string {
	var b strings.Builder
	b.WriteString("CREATE SCHEMA herald;\nCREATE TABLE herald.version (version integer NOT NULL);\n")
	for _, step := range steps() {
		b.WriteString(strings.TrimPrefix(step, "\n"))
	}
	fmt.Fprintf(&b, "INSERT INTO herald.version VALUES (%d);\n", len(steps()))
	name := pgx.Identifier{schema}.Sanitize()
	if name == `"`+schema+`"` && plainIdentifier(schema) {
		name = schema
	}
	out := strings.ReplaceAll(b.String(), "herald.", name+".")
	return strings.Replace(out, "CREATE SCHEMA herald;", "CREATE SCHEMA "+name+";", 1)
}

// plainIdentifier reports whether a name needs no quotes.
func plainIdentifier(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// prepare finds the schema's version. Where something is to be written it
// makes the schema, or brings it up to date; otherwise the error is ErrNoRecord
// if there is none, and an older one is read as it is.
func (s *Store) prepare(ctx context.Context, c *pgx.Conn, write bool) error {
	v, err := s.version(ctx, c)
	switch {
	case err != nil:
		return err
	case v > len(s.steps):
		return &state.StoreError{
			Store: storeName, Location: s.Location(),
			Problem: fmt.Sprintf("the tables have version %d, and this Herald knows versions up to %d: a newer one made them", v, len(s.steps)),
			Advice:  "Use that version of Herald, or a newer one. Nothing was sent, and the record is as it was.",
		}
	case v == len(s.steps):
		return nil
	case !write && v == 0:
		return state.ErrNoRecord
	case !write:
		return nil
	}
	for v < len(s.steps) {
		if v, err = s.upgrade(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// mayNotUpgrade says what an administrator runs where the role does not own
// the tables.
func (s *Store) mayNotUpgrade(from int, err error) error {
	var b strings.Builder
	for _, step := range s.steps[from:] {
		b.WriteString(s.sql(strings.TrimPrefix(step, "\n")))
	}
	fmt.Fprintf(&b, s.sql("UPDATE herald.version SET version = %d;"), len(s.steps))
	return &state.StoreError{
		Store: storeName, Location: s.Location(),
		Problem: fmt.Sprintf("the tables have version %d, this Herald works with version %d, and only who owns them may bring them up to date", from, len(s.steps)),
		Advice:  "Run the command once as their owner, or let an administrator run this, in one transaction:\n\nBEGIN;\n" + b.String() + "\nCOMMIT;\n\nNothing was sent.", Err: err,
	}
}

// version returns 0 where there are no tables. It reads the catalogue: what
// to_regclass says may be from before the transaction waited for a lock.
func (s *Store) version(ctx context.Context, c *pgx.Conn) (int, error) {
	var there bool
	if err := c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE n.nspname = $1 AND t.relname = 'version')`, s.o.Schema).Scan(&there); err != nil || !there {
		return 0, err
	}
	var v int
	err := c.QueryRow(ctx, s.sql("SELECT version FROM herald.version")).Scan(&v)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, &state.StoreError{
			Store: storeName, Location: s.Location(), Problem: "the table version is empty, so its tables are not Herald's, or were damaged",
			Advice: "Restore the schema from a backup, or name another one. Nothing was sent.",
		}
	}
	return v, err
}

// upgrade makes one step, in one transaction, and returns the version reached.
// Of several at once one does it, and the others see it done.
func (s *Store) upgrade(ctx context.Context, c *pgx.Conn) (int, error) {
	var v int
	err := pgx.BeginTxFunc(ctx, c, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), "+durable, "herald schema "+s.schema); err != nil {
			return err
		}
		var err error
		if v, err = s.version(ctx, c); err != nil || v >= len(s.steps) {
			return err
		}
		step := s.steps[v]
		if v == 0 {
			var there bool
			if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", s.o.Schema).Scan(&there); err != nil {
				return err
			}
			if !there {
				step = "CREATE SCHEMA " + s.schema + ";" + step
			}
			step += "CREATE TABLE herald.version (version integer NOT NULL); INSERT INTO herald.version VALUES (0);"
		}
		v++
		if _, err := tx.Exec(ctx, s.sql(step)); err != nil {
			if v > 1 && code(err) == codePrivilege {
				return s.mayNotUpgrade(v-1, err)
			}
			return err
		}
		_, err = tx.Exec(ctx, s.sql("UPDATE herald.version SET version = $1"), v)
		return err
	})
	return v, err
}
