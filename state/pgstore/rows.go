package pgstore

import "herald/state"

// rows are entries as the columns of the table, for unnest.
type rows struct {
	address, account, recipient, fingerprint, messageID, planID, status []string
	revision, change                                                    []int64
	follows                                                             []*int64
	alsoSent                                                            []bool
	line                                                                [][]byte
}

// add adds an entry with its line. Follows is the change that must be the
// stored one, or nil if that does not matter.
func (r *rows) add(l *lines, e *state.Entry, line []byte, follows *int64) {
	address := l.column("address", e.Addr.String())
	r.address = append(r.address, address)
	r.revision = append(r.revision, int64(e.Revision))
	r.account = append(r.account, l.column("account", e.Account))
	r.recipient = append(r.recipient, l.column("recipient", e.Recipient))
	r.fingerprint = append(r.fingerprint, l.column("fingerprint", e.Fingerprint))
	r.messageID = append(r.messageID, l.column("message_id", e.MessageID))
	r.planID = append(r.planID, l.column("plan_id", e.PlanID))
	r.status = append(r.status, e.Status.String())
	r.alsoSent = append(r.alsoSent, len(e.AlsoSent) > 0)
	r.change = append(r.change, e.Change)
	r.follows = append(r.follows, follows)
	r.line = append(r.line, l.seal(line, place(nil, address, int64(e.Revision), e.Change)))
}

// reset takes all rows out, and keeps the room for them.
func (r *rows) reset() {
	for _, list := range []*[]string{&r.address, &r.account, &r.recipient, &r.fingerprint, &r.messageID, &r.planID, &r.status} {
		*list = (*list)[:0]
	}
	r.revision, r.change, r.follows, r.alsoSent, r.line = r.revision[:0], r.change[:0], r.follows[:0], r.alsoSent[:0], r.line[:0]
}

// rowColumns are the columns of the table, and first the values of the first
// row for them.
func rowColumns() []string {
	return []string{
		"record", "address", "revision", "account", "recipient", "fingerprint", "message_id", "plan_id", "status", "also_sent",
		"change", "follows", "line",
	}
}

func (r *rows) first(record string) []any {
	return []any{
		record, r.address[0], r.revision[0], r.account[0], r.recipient[0], r.fingerprint[0], r.messageID[0], r.planID[0], r.status[0],
		r.alsoSent[0], r.change[0], r.follows[0], r.line[0],
	}
}

// args are the parameters of a statement that begins with a fence and goes on
// with input.
func (r *rows) args(x *session) []any {
	return []any{
		x.store.o.Record, x.id, x.epoch, x.batch,
		r.address, r.revision, r.account, r.recipient, r.fingerprint, r.messageID, r.planID, r.status,
		r.alsoSent, r.change, r.follows, r.line,
	}
}

// fence begins a statement that writes as a batch of a session: it finds the
// session's row, and locks it, only while its lease runs. Who is to take the
// session's place waits for the row, and finds what was written.
const fence = `WITH fence AS (
	SELECT FROM herald.sessions
	WHERE record = $1 AND session = $2 AND epoch = $3 AND batch = $4 AND until > clock_timestamp()
	FOR NO KEY UPDATE),
input AS (
	SELECT * FROM unnest($5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
		$13::boolean[], $14::bigint[], $15::bigint[], $16::bytea[])
	AS i (address, revision, account, recipient, fingerprint, message_id, plan_id, status, also_sent, change, follows, line)),
`

// into puts rows into the table, or over those that are there.
const into = `INSERT INTO herald.entries AS e
	(record, address, revision, account, recipient, fingerprint, message_id, plan_id, status, also_sent, change, follows, line)
	SELECT $1, i.address, i.revision, i.account, i.recipient, i.fingerprint, i.message_id, i.plan_id, i.status, i.also_sent,
		i.change, i.follows, i.line`

const over = `ON CONFLICT (record, address, revision) DO UPDATE SET
	account = excluded.account, recipient = excluded.recipient, fingerprint = excluded.fingerprint,
	message_id = excluded.message_id, plan_id = excluded.plan_id, status = excluded.status, also_sent = excluded.also_sent,
	change = excluded.change, follows = excluded.follows, line = excluded.line`

// inOrder is the condition under which an intent replaces what is stored: that
// its change is above the stored one, and for a session beside others, that it
// is the next.
const (
	inOrderAlone  = ` WHERE excluded.follows IS NULL OR e.change <= excluded.follows`
	inOrderBeside = ` WHERE excluded.follows IS NULL OR e.change = excluded.follows`
)

// maySend is the condition under which a session beside others writes a row at
// all: an intent needs the change that it follows, and its conversation.
const maySend = `i.follows IS NULL OR (
	(i.follows = 0 OR EXISTS (SELECT FROM herald.entries o WHERE o.record || '' = $1 AND o.address = i.address AND o.revision = i.revision))
	AND EXISTS (SELECT FROM herald.claims c
		WHERE c.record = $1 AND c.account = i.account AND c.recipient = i.recipient AND c.session = $2))`

// appendAlone and appendBeside write a batch, all of it or nothing. Where a row
// may not be written the number of the session's entries breaks its constraint,
// batch_is_whole, and with it the statement. The first column says whether the
// session was there.
const (
	appendAlone  = fence + `written AS (` + into + ` FROM fence, input i ` + over + inOrderAlone + ` RETURNING (xmax = 0) AS fresh),` + mark
	appendBeside = fence + `written AS (` + into + ` FROM fence, input i WHERE ` + maySend + ` ` + over + inOrderBeside + ` RETURNING (xmax = 0) AS fresh),` + mark
)

// mark ends them: the session's row counts the batch, and what was added.
const mark = `
counted AS (SELECT count(*) AS n, count(*) FILTER (WHERE fresh) AS fresh FROM written),
marked AS (
	UPDATE herald.sessions s SET batch = s.batch + 1,
		entries = CASE WHEN c.n = cardinality($5) THEN s.entries + c.fresh ELSE -1 END
	FROM counted c, fence
	WHERE s.record = $1 AND s.session = $2
	RETURNING 1)
SELECT (SELECT count(*) FROM marked), ` + durable

func (x *session) appendRows() string {
	if x.exclusive {
		return appendAlone
	}
	return appendBeside
}
