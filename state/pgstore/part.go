package pgstore

import (
	"context"

	"github.com/jackc/pgx/v5"

	"herald/state"
)

// partRows finds the rows of a part. Each condition is a look-up by an index
// for each value asked for (OFFSET 0 keeps the planner from making a join of
// it); the last one brings every revision of the addresses found. The record is
// compared as an expression, which no index has: a planner that has not heard
// of the record yet thinks that it has hardly any rows, and would go through
// all of them for each value.
const partRows = `WITH found AS (
	SELECT a.address FROM unnest($2::text[]) AS a (address)
	UNION SELECT e.address FROM unnest($3::text[]) AS f (fingerprint), LATERAL (
		SELECT o.address FROM herald.entries o WHERE o.record || '' = $1 AND o.fingerprint = f.fingerprint OFFSET 0) e
	UNION SELECT e.address FROM unnest($4::text[], $5::text[]) AS c (account, recipient), LATERAL (
		SELECT o.address FROM herald.entries o WHERE o.record || '' = $1 AND o.recipient = c.recipient AND o.account = c.account OFFSET 0) e
	UNION SELECT e.address FROM unnest($6::text[]) AS m (message_id), LATERAL (
		SELECT o.address FROM herald.entries o WHERE o.record || '' = $1 AND o.message_id = m.message_id AND o.message_id <> '' OFFSET 0) e
	UNION SELECT o.address FROM herald.entries o WHERE o.record || '' = $1 AND o.plan_id = $7 AND $7 <> ''
	UNION SELECT o.address FROM herald.entries o WHERE o.record || '' = $1 AND (o.status IN ('intent', 'reacted') OR o.also_sent))
SELECT e.address, e.revision, e.change, e.line FROM found f, LATERAL (
	SELECT o.address, o.revision, o.change, o.line FROM herald.entries o WHERE o.record || '' = $1 AND o.address = f.address OFFSET 0) e`

// loadPart reads a part of the record, by indexes only. Messages with further
// ids are always read, since no column holds those.
func (s *Store) loadPart(ctx context.Context, c *pgx.Conn, p state.Part) (*state.Record, *stored, error) {
	var r *state.Record
	var st *stored
	err := oneMoment(ctx, c, func(tx pgx.Tx) error {
		var err error
		if st, err = s.readHead(ctx, tx); err != nil {
			return err
		}
		if err := s.counted(ctx, tx, st); err != nil {
			return err
		}
		if st.Mark != nil {
			return &state.MarkedError{Location: s.Location(), Mark: *st.Mark}
		}
		// On a table that was never analysed the planner may think that it is
		// small.
		if _, err := tx.Exec(ctx, "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"); err != nil {
			return err
		}
		r = st.record()
		if err := s.readEntries(ctx, tx, st, r, s.sql(partRows), partArgs(s.o.Record, st.lines, p)...); err != nil {
			return err
		}
		r.Rest = max(0, st.entries-r.Len())
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return r, st, nil
}

func partArgs(record string, l *lines, p state.Part) []any {
	addresses := make([]string, len(p.Addrs))
	for i, a := range p.Addrs {
		addresses[i] = l.column("address", a.String())
	}
	accounts, recipients := conversationColumns(l, p.Conversations)
	return []any{
		record, addresses, columns(l, "fingerprint", p.Fingerprints), accounts, recipients,
		columns(l, "message_id", p.MessageIDs), l.column("plan_id", p.PlanID),
	}
}

func columns(l *lines, name string, values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = l.column(name, v)
	}
	return out
}

func conversationColumns(l *lines, list []state.Conversation) (accounts, recipients []string) {
	accounts, recipients = make([]string, len(list)), make([]string, len(list))
	for i, c := range list {
		accounts[i], recipients[i] = l.column("account", c.Account), l.column("recipient", c.Recipient)
	}
	return accounts, recipients
}
