package view

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/apply/survey"
	"herald/config/content"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

// RecoverOptions are what the document of a recovery needs beside the report.
type RecoverOptions struct {
	// Names are the names of accounts by their IG id; it may be nil.
	Names map[string]string
	// New says that there was no record, and Lineage is that of the one that is
	// there or was made, "" if none was.
	New     bool
	Lineage string
	// Recorded says that what follows was written.
	Recorded bool
	// Diagnostics are told in JSON, which holds all in one document.
	Diagnostics hcl.Diagnostics
	// Sources returns the bytes of a configuration file, or nil; it may be nil.
	Sources func(file string) []byte
}

// RecoverDoc is what was found in the conversations, and what follows for the
// record. It holds no message text.
type RecoverDoc struct {
	Items       []RecoverItem
	Reactions   []survey.Reaction
	Read, Total int // conversations
	Interrupted bool
	Counts      RecoverCounts
	RecoverOptions
}

// RecoverItem is one message, with what is done about it.
type RecoverItem struct {
	survey.Finding
	Act survey.Act
}

// RecoverCounts are how many messages there are of each sort.
type RecoverCounts struct {
	Found     int `json:"found"`     // recorded as sent
	Reactions int `json:"reactions"` // that stand
	Held      int `json:"held"`      // not known: in doubt
	Absent    int `json:"absent"`    // not there: the next apply sends it
	Left      int `json:"left"`      // not known, and a person said before that it was not sent
}

// NewRecoverDoc makes the document of a survey. rec is the record that it is
// compared with, nil if there is none.
func NewRecoverDoc(rep *survey.Report, rec *state.Record, opts RecoverOptions) *RecoverDoc {
	d := &RecoverDoc{Reactions: rep.Reactions, Read: rep.Read, Total: rep.Total, Interrupted: rep.Interrupted, RecoverOptions: opts}
	d.Counts.Reactions = len(rep.Reactions)
	for _, f := range rep.Findings {
		it := RecoverItem{Finding: f, Act: f.Act(rec)}
		d.Items = append(d.Items, it)
		switch {
		case it.Act == survey.Adopt:
			d.Counts.Found++
		case it.Act == survey.Hold:
			d.Counts.Held++
		case it.Verdict == survey.Absent:
			d.Counts.Absent++
		default:
			d.Counts.Left++
		}
	}
	return d
}

// Summary is the document in one line: "Recover: 3 found, 1 not known, 2 not
// there."
func (d *RecoverDoc) Summary() string {
	parts := wording.AppendCounts([]string{content.Thousands(d.Counts.Found) + " found"}, []wording.Counted{
		{d.Counts.Reactions, plural(d.Counts.Reactions, "reaction that stands", "reactions that stand")},
		{d.Counts.Held, "not known"},
		{d.Counts.Absent, "not there"},
		{d.Counts.Left, "left as a person said"},
	})
	return "Recover: " + strings.Join(parts, ", ") + "."
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Scope is a sentence on what was read.
func (d *RecoverDoc) Scope() string {
	s := "Read " + content.Thousands(d.Read) + " of " + wording.Count(d.Total, "conversation", "conversations") + " for " +
		wording.Count(len(d.Items), "message that the record does not have as sent", "messages that the record does not have as sent") + "."
	if d.Interrupted {
		s += " It was interrupted: what was not read is not known. Run it again, and it goes on."
	}
	return s
}

// Result says in sentences what was recorded, and what that means for plans; it
// is "" while nothing was.
func (d *RecoverDoc) Result() string {
	if !d.Recorded {
		return ""
	}
	n := d.Counts
	if n.Found+n.Reactions+n.Held == 0 && !d.New {
		return "Nothing was to be recorded, and nothing was sent."
	}
	s := "Recorded " + wording.Count(n.Found, "message as sent", "messages as sent") + " and " + wording.Count(n.Held, "as in doubt", "as in doubt") + ". Nothing was sent."
	if n.Held > 0 {
		s += " What is in doubt is sent by no apply before you have said what you see (herald resolve), and neither is what comes after it in its conversation; other conversations go on."
	}
	if d.New {
		s += " The record is a new one, of the lineage " + d.Lineage + ": a plan that was saved for the lost one does not fit it any more."
	}
	return s
}

// mostBlocks is how many blocks the advice names.
const mostBlocks = 3

// Advice says how many that are not known are settled at once, each command on
// a line of its own; it is "" where there is no more than one, or while nothing
// was recorded.
func (d *RecoverDoc) Advice() string {
	var blocks []string
	for i := range d.Items {
		b := d.Items[i].Change.Addr.Block.String()
		if d.Items[i].Act == survey.Hold && !slices.Contains(blocks, b) && len(blocks) < mostBlocks {
			blocks = append(blocks, b)
		}
	}
	if !d.Recorded || d.Counts.Held < 2 {
		return ""
	}
	s := "To say it of many at once, name several, or whole blocks; a star stands for anything. It shows what they cover, and asks:\n"
	for _, answer := range []string{"-sent", "-not-sent"} {
		for _, b := range blocks {
			s += "\n  herald resolve " + wording.ShellQuote(b) + " " + answer
		}
	}
	return s
}

// Commands are what to run for an unknown message.
func (it *RecoverItem) Commands() []string {
	a := wording.ShellQuote(it.Change.Addr.String())
	sent := ""
	if len(it.Candidates) == 1 && it.Why != survey.Hidden {
		sent = "=" + wording.ShellQuote(it.Candidates[0].ID)
	}
	return []string{"herald resolve " + a + " -sent" + sent, "herald resolve " + a + " -not-sent"}
}

// KindWord is the kind of a message as it was read, in a word.
func KindWord(m apply.Received) string {
	if m.Kind == content.KindInvalid {
		return "unknown"
	}
	return m.Kind.String()
}

// AccountName is the name of the account with that IG id; the id itself where it
// is not known.
func (d *RecoverDoc) AccountName(igID string) string {
	if name := d.Names[igID]; name != "" {
		return name
	}
	return igID
}

// Whom names the person and the account of a change.
func (d *RecoverDoc) Whom(c *plan.Change) wording.Words {
	return wording.Words{wording.Plain("to "), wording.Named(c.Recipient), wording.Plain(" from "), wording.Named(d.AccountName(c.Account))}
}
