package jsondoc

import (
	"io"
	"time"

	"herald/apply/survey"
	"herald/config/addr"
	"herald/internal/view"
)

// stampSecond writes a time that has whole seconds.
func stampSecond(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

type recoverJSON struct {
	FormatVersion string                `json:"format_version"`
	Lineage       *string               `json:"lineage"` // null: there is no record
	NewRecord     bool                  `json:"new_record"`
	Recorded      bool                  `json:"recorded"`
	Interrupted   bool                  `json:"interrupted"`
	Conversations readJSON              `json:"conversations"`
	Messages      []recoverMessageJSON  `json:"messages"`
	Reactions     []recoverReactionJSON `json:"reactions"`
	Summary       recoverSummaryJSON    `json:"summary"`
	Diagnostics   []Diagnostic          `json:"diagnostics"`
}

// readJSON is how many conversations were read, of those that were to be.
type readJSON struct {
	Read  int `json:"read"`
	Total int `json:"total"`
}

type recoverSummaryJSON struct {
	Text string `json:"text"`
	view.RecoverCounts
}

// whichJSON says which address something is about.
type whichJSON struct {
	Address   string  `json:"address"`
	Type      string  `json:"type"`
	Name      string  `json:"name"`
	Index     *string `json:"index,omitempty"`
	Revision  int     `json:"revision"`
	Account   string  `json:"account"`
	IGID      string  `json:"ig_id"`
	Recipient string  `json:"recipient"`
}

type recoverMessageJSON struct {
	whichJSON
	Verdict     string          `json:"verdict"`
	Action      string          `json:"action"`
	MessageID   string          `json:"message_id,omitempty"`
	SentAt      string          `json:"sent_at,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Explanation string          `json:"explanation,omitempty"`
	Candidates  []candidateJSON `json:"candidates,omitempty"`
}

// candidateJSON is a message of which one may be the unknown one.
type candidateJSON struct {
	MessageID string `json:"message_id"`
	SentAt    string `json:"sent_at"`
	Kind      string `json:"kind"`
}

type recoverReactionJSON struct {
	whichJSON
	Target   string `json:"target"`
	Reaction string `json:"reaction"`
}

// Recover writes what a recovery found as one line of JSON. It holds no
// message text.
func Recover(w io.Writer, d *view.RecoverDoc) error {
	doc := recoverJSON{
		FormatVersion: FormatVersion, NewRecord: d.New, Recorded: d.Recorded, Interrupted: d.Interrupted,
		Conversations: readJSON{d.Read, d.Total},
		Messages:      make([]recoverMessageJSON, 0, len(d.Items)),
		Reactions:     make([]recoverReactionJSON, 0, len(d.Reactions)),
		Summary:       recoverSummaryJSON{d.Summary(), d.Counts},
		Diagnostics:   DiagnosticList(d.Diagnostics, d.Sources),
	}
	if d.Lineage != "" {
		doc.Lineage = &d.Lineage
	}
	for i := range d.Items {
		it := &d.Items[i]
		j := recoverMessageJSON{
			whichJSON: whichOf(d, it.Change.Addr, it.Change.Revision, it.Change.Account, it.Change.Recipient),
			Verdict:   it.Verdict.String(), Action: it.Act.String(), MessageID: it.ID, SentAt: stampSecond(it.At),
			Reason: string(it.Why), Explanation: it.Explain,
		}
		for _, m := range it.Candidates {
			j.Candidates = append(j.Candidates, candidateJSON{MessageID: m.ID, SentAt: stampSecond(m.At), Kind: view.KindWord(m)})
		}
		doc.Messages = append(doc.Messages, j)
	}
	for _, r := range d.Reactions {
		doc.Reactions = append(doc.Reactions, reactionOf(d, r))
	}
	return Write(w, doc)
}

func reactionOf(d *view.RecoverDoc, r survey.Reaction) recoverReactionJSON {
	c := r.Change
	return recoverReactionJSON{whichJSON: whichOf(d, c.Addr, c.Revision, c.Account, c.Recipient), Target: r.Target, Reaction: c.React}
}

func whichOf(d *view.RecoverDoc, a addr.Instance, revision int, account, recipient string) whichJSON {
	j := whichJSON{
		Address: a.String(), Type: a.Kind.String(), Name: a.Name, Revision: max(1, revision),
		Account: d.AccountName(account), IGID: account, Recipient: recipient,
	}
	if a.Keyed {
		j.Index = &a.Key
	}
	return j
}
