package text

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"herald/config/addr"
	"herald/internal/view"
	"herald/internal/view/safe"
	"herald/internal/view/wording"
	"herald/state"
)

// Entries writes the addresses of entries, one a line and each once, as
// they come; with opts.Verbose each revision with its status, time and person.
func Entries(w io.Writer, entries []*state.Entry, opts Options) error {
	p := newPage(opts)
	var last addr.Instance
	for i, e := range entries {
		if opts.Verbose {
			p.line(safe.Line(e.Key().String()), "  ", p.Paint(p.statusStyle(e.Status), statusWord(e)), p.Paint(p.Dim, listed(e)+"  to "+safe.Line(e.Recipient)))
			continue
		}
		if i == 0 || e.Addr != last {
			p.line(safe.Line(e.Addr.String()))
		}
		last = e.Addr
	}
	return p.writeTo(w)
}

// Entry writes all that is recorded of each entry, a line for each value.
func Entry(w io.Writer, entries []*state.Entry, opts Options) error {
	p := newPage(opts)
	for i, e := range entries {
		if i > 0 {
			p.line()
		}
		p.line(p.Paint(p.Bold, safe.Line(e.Addr.String())))
		fields := entryFields(e)
		column := 0
		for _, f := range fields {
			column = max(column, len(f.name))
		}
		for _, f := range fields {
			value := safe.Line(f.value)
			if f.name == "status" {
				value = p.Paint(p.statusStyle(e.Status), value)
			}
			p.line("    ", p.Paint(p.Dim, fmt.Sprintf("%-*s", column, f.name)), "  ", value)
		}
	}
	return p.writeTo(w)
}

type field struct{ name, value string }

// entryFields lists what is known of an entry, in the order of its story.
func entryFields(e *state.Entry) []field {
	all := []field{
		{"status", statusWord(e)},
		{"refused", view.RefusalCodes(e)},
		{"revision", fmt.Sprint(max(1, e.Revision))},
		{"account", e.Account},
		{"recipient", e.Recipient},
		{"message id", idWord(e)},
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
	if view.Prepared(e) {
		all = slices.Insert(all, 1, field{"prepared at", momentOrNone(e.IntendedAt)}, field{"may be sent until", view.SentUntil(e)})
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

// idWord is the id of a message, or says that nobody could tell it.
func idWord(e *state.Entry) string {
	if e.Status == state.Sent && e.MessageID == "" {
		return "not known: a person said that it arrived"
	}
	return e.MessageID
}

func doubtSince(e *state.Entry) string {
	if e.Status != state.Intent || view.Prepared(e) && e.DoubtAt.IsZero() {
		return ""
	}
	return view.DoubtSince(e)
}

// tried returns the time of an attempt; of what was prepared there was none.
func tried(e *state.Entry, at time.Time) time.Time {
	if view.Prepared(e) {
		return time.Time{}
	}
	return at
}

// listed gives the time of an entry's status: " on 2026-01-02 15:04 UTC", and
// of one that was prepared until when it may be sent.
func listed(e *state.Entry) string {
	if view.Prepared(e) && !e.IntendedAt.IsZero() {
		return " at " + wording.Moment(e.IntendedAt) + ", may be sent until " + view.SentUntil(e)
	}
	return view.SettledOn(e)
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
	return wording.Moment(t)
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
		if view.Prepared(e) {
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
		return p.Green
	case state.Intent:
		return p.Yellow
	case state.Rejected:
		return p.Red
	case state.StatusInvalid, state.Absent:
	}
	return p.Dim
}
