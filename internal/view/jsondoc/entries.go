package jsondoc

import (
	"io"
	"time"

	"herald/apply"
	"herald/internal/view"
	"herald/state"
)

type entryJSON struct {
	Address         string         `json:"address"`
	Type            string         `json:"type"`
	Name            string         `json:"name"`
	Index           *string        `json:"index,omitempty"`
	Revision        int            `json:"revision"`
	Status          state.Status   `json:"status"`
	IGID            string         `json:"ig_id"`
	Recipient       string         `json:"recipient"`
	Fingerprint     string         `json:"fingerprint"`
	MessageID       string         `json:"message_id,omitempty"`
	AlsoSent        []string       `json:"also_sent,omitempty"`
	Target          string         `json:"target,omitempty"`
	Reaction        string         `json:"reaction,omitempty"`
	Change          int64          `json:"change"`
	PlanID          string         `json:"plan_id,omitempty"`
	Claim           string         `json:"claim,omitempty"`
	PreparedAt      string         `json:"prepared_at,omitempty"`
	SentUntil       string         `json:"may_be_sent_until,omitempty"`
	FirstIntendedAt string         `json:"first_intended_at,omitempty"`
	IntendedAt      string         `json:"intended_at,omitempty"`
	DoubtAt         string         `json:"doubt_at,omitempty"`
	SettledAt       string         `json:"settled_at,omitempty"`
	SettledBy       string         `json:"settled_by,omitempty"`
	Note            string         `json:"note,omitempty"`
	Attempts        int            `json:"attempts,omitempty"`
	Error           *state.Refusal `json:"error,omitempty"`
}

type entriesJSON struct {
	FormatVersion string      `json:"format_version"`
	Lineage       string      `json:"lineage"`
	Serial        uint64      `json:"serial"`
	Entries       []entryJSON `json:"entries"`
}

// Entries writes entries of the record, with its lineage and serial, as
// one line of JSON.
func Entries(w io.Writer, r *state.Record, entries []*state.Entry) error {
	doc := entriesJSON{FormatVersion: FormatVersion, Lineage: r.Lineage, Serial: r.Serial, Entries: make([]entryJSON, 0, len(entries))}
	for _, e := range entries {
		j := entryJSON{
			Address: e.Addr.String(), Type: e.Addr.Kind.String(), Name: e.Addr.Name, Revision: max(1, e.Revision), Status: e.Status,
			IGID: e.Account, Recipient: e.Recipient, Fingerprint: e.Fingerprint, MessageID: e.MessageID, AlsoSent: e.AlsoSent, Target: e.Target, Reaction: e.Reaction,
			Change: e.Change, PlanID: e.PlanID, Claim: e.Claim,
			FirstIntendedAt: stamp(e.FirstIntendedAt), IntendedAt: stamp(e.IntendedAt), DoubtAt: stamp(e.DoubtAt), SettledAt: stamp(e.SettledAt),
			SettledBy: e.SettledBy, Note: e.Note, Attempts: e.Attempts, Error: e.Refusal,
		}
		if view.Prepared(e) {
			j.PreparedAt, j.SentUntil = stamp(e.IntendedAt), leaseEnd(e)
		}
		if e.Addr.Keyed {
			j.Index = &e.Addr.Key
		}
		doc.Entries = append(doc.Entries, j)
	}
	return Write(w, doc)
}

// stamp writes a time as RFC 3339 in UTC; the zero time is "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// leaseEnd is the moment until which a prepared message may be sent, for JSON;
// "" where the record does not say when it was prepared, or it was not.
func leaseEnd(e *state.Entry) string {
	if !view.Prepared(e) || e.IntendedAt.IsZero() {
		return ""
	}
	return stamp(e.IntendedAt.Add(apply.ClaimLease))
}
