package view

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"herald/config/addr"
	"herald/internal/view/safe"
	"herald/state"
)

// EntriesText writes the addresses of entries, one a line and each once, as
// they come; with opts.Verbose each revision with its status, time and person.
func EntriesText(w io.Writer, entries []*state.Entry, opts TextOptions) error {
	p := newPage(opts)
	var last addr.Instance
	for i, e := range entries {
		if opts.Verbose {
			p.line(safe.Line(e.Key().String()), "  ", p.paint(p.statusStyle(e.Status), statusWord(e)), p.paint(p.dim, listed(e)+"  to "+safe.Line(e.Recipient)))
			continue
		}
		if i == 0 || e.Addr != last {
			p.line(safe.Line(e.Addr.String()))
		}
		last = e.Addr
	}
	return p.writeTo(w)
}

// EntryText writes all that is recorded of each entry, a line for each value.
func EntryText(w io.Writer, entries []*state.Entry, opts TextOptions) error {
	p := newPage(opts)
	for i, e := range entries {
		if i > 0 {
			p.line()
		}
		p.line(p.paint(p.bold, safe.Line(e.Addr.String())))
		fields := entryFields(e)
		column := 0
		for _, f := range fields {
			column = max(column, len(f.name))
		}
		for _, f := range fields {
			value := safe.Line(f.value)
			if f.name == "status" {
				value = p.paint(p.statusStyle(e.Status), value)
			}
			p.line("    ", p.paint(p.dim, fmt.Sprintf("%-*s", column, f.name)), "  ", value)
		}
	}
	return p.writeTo(w)
}

type field struct{ name, value string }

// entryFields lists what is known of an entry, in the order of its story.
func entryFields(e *state.Entry) []field {
	all := []field{
		{"status", statusWord(e)},
		{"refused", code(e)},
		{"revision", fmt.Sprint(max(1, e.Revision))},
		{"account", e.Account},
		{"recipient", e.Recipient},
		{"message id", e.MessageID},
		{"also sent as", strings.Join(e.AlsoSent, ", ")},
		{"reaction", e.Reaction},
		{"on message", e.Target},
		{"first tried", momentOrNone(tried(e, e.FirstIntendedAt))},
		{"last tried", momentOrNone(tried(e, e.IntendedAt))},
		{"in doubt", strings.TrimPrefix(doubtSince(e), " ")},
		{"settled", strings.TrimSpace(momentOrNone(e.SettledAt) + settledBy(e.SettledBy))},
		{"note", e.Note},
		{"attempts", number(e.Attempts)},
		{"plan", e.PlanID},
		{"claim", e.Claim},
		{"fingerprint", e.Fingerprint},
		{"change", fmt.Sprint(e.Change)},
	}
	if prepared(e) {
		all = slices.Insert(all, 1, field{"prepared at", momentOrNone(e.IntendedAt)}, field{"may be sent until", sentUntil(e)})
	}
	if e.Refusal != nil {
		all = append(all, field{"trace id", e.Refusal.TraceID})
	}
	var fields []field
	for _, f := range all {
		if f.value != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

func doubtSince(e *state.Entry) string {
	if e.Status != state.Intent || prepared(e) && e.DoubtAt.IsZero() {
		return ""
	}
	return since(e)
}

// tried returns the time of an attempt; of what was prepared there was none.
func tried(e *state.Entry, at time.Time) time.Time {
	if prepared(e) {
		return time.Time{}
	}
	return at
}

// listed gives the time of an entry's status: " on 2026-01-02 15:04 UTC", and
// of one that was prepared until when it may be sent.
func listed(e *state.Entry) string {
	if prepared(e) && !e.IntendedAt.IsZero() {
		return " at " + moment(e.IntendedAt) + ", may be sent until " + sentUntil(e)
	}
	return when(e)
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func momentOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return moment(t)
}

// settledBy says what decided an entry's status.
func settledBy(by string) string {
	switch by {
	case "":
		return ""
	case "answer":
		return " by Instagram's answer"
	case "read":
		return " by reading the conversation"
	case "resolve":
		return " by a person (resolve)"
	case "recover":
		return " by herald recover"
	case "import":
		return " by an import"
	case "removed":
		return " by a removed block"
	case "rm":
		return " by a person (state rm)"
	case "withdrawn":
		return ": it was prepared, and the run ended before its turn"
	case "not_written":
		return ": the request was never written"
	}
	return " by " + by
}

// statusWord is an entry's status in words.
func statusWord(e *state.Entry) string {
	switch e.Status {
	case state.Intent:
		if prepared(e) {
			return "prepared by a run"
		}
		return "in doubt"
	case state.Sent:
		switch n := len(e.AlsoSent); n {
		case 0:
			return e.Status.String()
		case 1:
			return "sent twice"
		default:
			return fmt.Sprintf("sent %d times", n+1)
		}
	case state.Rejected:
		if e.Refusal != nil && e.Refusal.Class == state.Final {
			return "refused for good"
		}
		return "refused"
	case state.StatusInvalid, state.Reacted, state.Absent:
	}
	return e.Status.String()
}

func (p *page) statusStyle(s state.Status) string {
	switch s {
	case state.Sent, state.Reacted:
		return p.green
	case state.Intent:
		return p.yellow
	case state.Rejected:
		return p.red
	case state.StatusInvalid, state.Absent:
	}
	return p.dim
}

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

// EntriesJSON writes entries of the record, with its lineage and serial, as
// one line of JSON.
func EntriesJSON(w io.Writer, r *state.Record, entries []*state.Entry) error {
	doc := entriesJSON{FormatVersion: FormatVersion, Lineage: r.Lineage, Serial: r.Serial, Entries: make([]entryJSON, 0, len(entries))}
	for _, e := range entries {
		j := entryJSON{
			Address: e.Addr.String(), Type: e.Addr.Kind.String(), Name: e.Addr.Name, Revision: max(1, e.Revision), Status: e.Status,
			IGID: e.Account, Recipient: e.Recipient, Fingerprint: e.Fingerprint, MessageID: e.MessageID, AlsoSent: e.AlsoSent, Target: e.Target, Reaction: e.Reaction,
			Change: e.Change, PlanID: e.PlanID, Claim: e.Claim,
			FirstIntendedAt: stamp(e.FirstIntendedAt), IntendedAt: stamp(e.IntendedAt), DoubtAt: stamp(e.DoubtAt), SettledAt: stamp(e.SettledAt),
			SettledBy: e.SettledBy, Note: e.Note, Attempts: e.Attempts, Error: e.Refusal,
		}
		if prepared(e) {
			j.PreparedAt, j.SentUntil = stamp(e.IntendedAt), leaseEnd(e)
		}
		if e.Addr.Keyed {
			j.Index = &e.Addr.Key
		}
		doc.Entries = append(doc.Entries, j)
	}
	return writeJSON(w, doc)
}

// stamp writes a time as RFC 3339 in UTC; the zero time is "".
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
