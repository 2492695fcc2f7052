package pgstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// member is the session of one of several runs. It is a state.Member.
type member struct {
	*session
	pace pace

	// claiming is held while conversations are claimed or given back.
	claiming sync.Mutex
	held     map[state.Conversation]bool
}

var (
	_ state.Member     = (*member)(nil)
	_ state.PartLoader = (*member)(nil)
)

// Join begins a session beside those of other runs, and makes or upgrades the
// schema if need be.
func (s *Store) Join(ctx context.Context, who state.Holder, wait time.Duration) (state.Member, error) {
	x, err := s.open(ctx, who, wait, false)
	if err != nil {
		return nil, err
	}
	return &member{session: x, held: make(map[state.Conversation]bool)}, nil
}

// take claims conversations that no other session has. One that another is
// claiming at this moment is passed over. The first column says whether the
// session is there. Asked again, it gives the same ones again.
const take = `WITH fence AS (
	SELECT FROM herald.sessions WHERE record = $1 AND session = $2 AND until > clock_timestamp() FOR KEY SHARE),
free AS (
	SELECT f.account, f.recipient FROM (
		SELECT f.account, f.recipient FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS f (account, recipient, n), fence
		WHERE NOT EXISTS (SELECT FROM herald.claims c WHERE c.record = $1 AND c.account = f.account AND c.recipient = f.recipient
			AND c.session <> $2)
		ORDER BY f.n OFFSET 0) f
	WHERE pg_try_advisory_xact_lock(hashtextextended($1 || ' ' || f.account || ' ' || f.recipient, 1)) LIMIT $5),
taken AS (
	INSERT INTO herald.claims AS claims (record, account, recipient, session) SELECT $1, account, recipient, $2 FROM free
	ON CONFLICT (record, account, recipient) DO UPDATE SET session = excluded.session WHERE claims.session = excluded.session
	RETURNING account, recipient)
SELECT s.n, t.account, t.recipient, ` + durable + ` FROM (SELECT count(*) AS n FROM fence) s LEFT JOIN taken t ON true`

// What one statement claims from at most: fewer first, since mostly the next
// in order are free.
const (
	firstClaims = 256
	moreClaims  = 5000
	mostClaims  = 256 // each needs a lock of the server for a moment
)

// Claim takes conversations that nobody holds.
func (m *member) Claim(ctx context.Context, from []state.Conversation, most int) ([]state.Conversation, error) {
	l, err := m.lines(ctx)
	if err != nil {
		return nil, err
	}
	m.claiming.Lock()
	defer m.claiming.Unlock()
	var got []state.Conversation
	for size := max(firstClaims, 2*most); len(from) > 0 && len(got) < most; size = moreClaims {
		part := from[:min(size, len(from))]
		ask := slices.DeleteFunc(slices.Clone(part), func(c state.Conversation) bool { return m.held[c] })
		list, err := m.claimSome(ctx, l, ask, min(most-len(got), mostClaims))
		if err != nil {
			// What was claimed before it stays: a further Claim returns it.
			for _, c := range got {
				delete(m.held, c)
			}
			return nil, err
		}
		got = append(got, list...)
		for _, c := range list {
			m.held[c] = true
		}
		if len(list) < mostClaims {
			from = from[len(part):]
		}
	}
	return got, nil
}

// claimSome claims up to most of a few conversations. Sessions whose lease is
// over lose theirs before.
func (m *member) claimSome(ctx context.Context, l *lines, from []state.Conversation, most int) ([]state.Conversation, error) {
	s := m.store
	accounts, recipients := conversationColumns(l, from)
	type pair struct{ account, recipient string }
	names := make(map[pair]state.Conversation, len(from))
	for i, c := range from {
		names[pair{accounts[i], recipients[i]}] = c
	}
	var got []state.Conversation
	var there int
	err := m.try(ctx, func(ctx context.Context, c *pgx.Conn) error {
		got = nil
		b := &pgx.Batch{}
		b.Queue(s.sql(reap), s.o.Record)
		b.Queue(s.sql(take), s.o.Record, m.id, accounts, recipients, most).Query(func(rows pgx.Rows) error {
			var account, recipient *string
			_, err := pgx.ForEachRow(rows, []any{&there, &account, &recipient, nil}, func() error {
				if account != nil {
					got = append(got, names[pair{*account, *recipient}])
				}
				return nil
			})
			return err
		})
		return c.SendBatch(ctx, b).Close()
	})
	if err == nil && there == 0 || code(err) == codeForeignKey {
		return nil, m.lockLost()
	}
	return got, err
}

// Release gives conversations back.
func (m *member) Release(ctx context.Context, held ...state.Conversation) error {
	if len(held) == 0 {
		return nil
	}
	l, err := m.lines(ctx)
	if err != nil {
		return err
	}
	accounts, recipients := conversationColumns(l, held)
	m.claiming.Lock()
	defer m.claiming.Unlock()
	err = m.try(ctx, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, m.store.sql(`WITH gone AS (
			DELETE FROM herald.claims c USING unnest($3::text[], $4::text[]) AS i (account, recipient)
			WHERE c.record = $1 AND c.session = $2 AND c.account = i.account AND c.recipient = i.recipient RETURNING 1)
			SELECT count(*), `+durable+` FROM gone`), m.store.o.Record, m.id, accounts, recipients)
		return err
	})
	if err == nil {
		for _, c := range held {
			delete(m.held, c)
		}
	}
	return err
}

// Others returns how many further runs have joined and live.
func (m *member) Others(ctx context.Context) (int, error) {
	var n int
	err := m.try(ctx, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, m.store.sql(`SELECT count(*) FROM herald.sessions
			WHERE record = $1 AND session <> $2 AND NOT exclusive AND until > clock_timestamp()`), m.store.o.Record, m.id).Scan(&n)
	})
	return n, err
}

// refusedRows says which intents of a call may not be written, and who holds
// their conversations.
const refusedRows = `SELECT i.n, s.holder FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[])
	WITH ORDINALITY AS i (address, revision, account, recipient, follows, n)
LEFT JOIN herald.entries e ON e.record || '' = $1 AND e.address = i.address AND e.revision = i.revision
LEFT JOIN herald.claims c ON c.record = $1 AND c.account = i.account AND c.recipient = i.recipient
LEFT JOIN herald.sessions s ON s.record = $1 AND s.session = c.session AND s.session <> $2
WHERE i.follows IS NOT NULL AND (coalesce(e.change, 0) <> i.follows OR c.session IS DISTINCT FROM $2)
ORDER BY i.n LIMIT 1`

// claimed returns the error of a call that was refused: which intent it was,
// and whose the conversation is.
func (x *session) claimed(w *waiting) error {
	told := &state.ClaimedError{}
	for i := range w.entries {
		if w.follows[i] != nil {
			told.Key = w.entries[i].Key()
			break
		}
	}
	l, err := x.lines(x.ctx)
	if err != nil {
		return told
	}
	var rows rows
	for i := range w.entries {
		rows.add(l, &w.entries[i], nil, w.follows[i])
	}
	// Whatever keeps it from being found out, the refusal stands.
	_ = x.try(x.ctx, func(ctx context.Context, c *pgx.Conn) error {
		var n int
		var holder []byte
		err := c.QueryRow(ctx, x.store.sql(refusedRows), x.store.o.Record, x.id,
			rows.address, rows.revision, rows.account, rows.recipient, rows.follows).Scan(&n, &holder)
		if err != nil {
			return err
		}
		told.Key = w.entries[n-1].Key()
		if h := x.store.holder(holder); h != nil {
			told.Holder = h.Who
		}
		return nil
	})
	return told
}
