package jsondoc

import (
	"herald/internal/view"
	"herald/plan"
)

// refreshJSON is what Instagram told about a change.
type refreshJSON struct {
	Verdict     string          `json:"verdict"`
	MessageID   string          `json:"message_id,omitempty"`
	SentAt      string          `json:"sent_at,omitempty"`
	Reason      string          `json:"reason,omitempty"`
	Explanation string          `json:"explanation,omitempty"`
	Candidates  []candidateJSON `json:"candidates,omitempty"`
	Window      windowJSON      `json:"window"`
	OwnPost     *bool           `json:"own_post,omitempty"` // of a post; not there where it could not be found out
}

// windowJSON is how long the person can be written to.
type windowJSON struct {
	State    string `json:"state"`
	ClosesAt string `json:"closes_at,omitempty"`
}

// refreshOf is what is told about a change, nil for nothing. It may be called on nil.
func refreshOf(r *view.Refresh, c *plan.Change) *refreshJSON {
	t := r.Told(c)
	if t == nil {
		return nil
	}
	j := &refreshJSON{
		Verdict: t.Presence, MessageID: t.ID, SentAt: stampSecond(t.At), Reason: t.Why, Explanation: t.Explain,
		Window: windowJSON{State: t.Window, ClosesAt: stampSecond(t.Closes)}, OwnPost: t.OwnPost,
	}
	for _, m := range t.Candidates {
		j.Candidates = append(j.Candidates, candidateJSON{MessageID: m.ID, SentAt: stampSecond(m.At), Kind: view.KindWord(m)})
	}
	return j
}

// refreshedAt is when it was asked, "" if it was not.
func refreshedAt(r *view.Refresh) string {
	if r == nil {
		return ""
	}
	return stampSecond(r.At)
}
