package jsondoc

import (
	"io"
	"time"

	"herald/apply"
	"herald/internal/view/receipt"
)

type runJSON struct {
	FormatVersion string                 `json:"format_version"`
	PlanID        string                 `json:"plan_id"`
	Complete      bool                   `json:"complete"`
	Interrupted   bool                   `json:"interrupted"`
	Refused       bool                   `json:"refused"`
	RecordError   string                 `json:"record_error,omitempty"`
	Posts         int                    `json:"posts"`
	Prepared      int                    `json:"prepared,omitempty"` // intents recorded; nothing was sent
	Summary       runSummaryJSON         `json:"summary"`
	Receipts      []receiptJSON          `json:"receipts"` // in the plan's order
	Outputs       map[string]OutputValue `json:"outputs"`
	Diagnostics   []Diagnostic           `json:"diagnostics"`
}

type runSummaryJSON struct {
	Text string `json:"text"`
	receipt.RunCounts
}

type receiptJSON struct {
	Address   string   `json:"address"`
	Type      string   `json:"type"`
	Name      string   `json:"name"`
	Index     *string  `json:"index,omitempty"`
	Revision  int      `json:"revision"`
	IGID      string   `json:"ig_id"`
	Recipient string   `json:"recipient"`
	Action    string   `json:"action"`  // in Herald's words: send, react, settle …
	Actions   []string `json:"actions"` // in Terraform's, as in the plan
	Result    string   `json:"result"`
	MessageID string   `json:"message_id,omitempty"`
	Time      string   `json:"time,omitempty"`      // RFC 3339, UTC
	Settled   string   `json:"settled,omitempty"`   // arrived or absent: found out, nothing was sent
	Undecided string   `json:"undecided,omitempty"` // in doubt: why reading did not decide
	HeldBy    string   `json:"held_by,omitempty"`
	Error     *Error   `json:"error,omitempty"`
}

// Error identifies a refusal or doubt; it holds no text of Meta's.
type Error struct {
	HTTP    int    `json:"http,omitempty"`
	Code    int    `json:"code,omitempty"`
	Subcode int    `json:"subcode,omitempty"`
	TraceID string `json:"trace_id,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Explain string `json:"explain,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// Run writes what a run did as one line of JSON: a receipt for each action.
func Run(w io.Writer, d *receipt.RunDoc) error {
	doc := runJSON{
		FormatVersion: FormatVersion, PlanID: d.PlanID, Complete: d.Complete(), Interrupted: d.Interrupted, Refused: d.Refused,
		RecordError: d.Broken, Posts: d.Posts, Prepared: d.Prepared,
		Summary:     runSummaryJSON{d.Summary(), d.Counts},
		Receipts:    make([]receiptJSON, 0, len(d.Receipts)),
		Outputs:     ShownOutputs(d.Outputs),
		Diagnostics: DiagnosticList(d.Diagnostics, d.Sources),
	}
	for i := range d.Receipts {
		doc.Receipts = append(doc.Receipts, receiptOf(&d.Receipts[i]))
	}
	return Write(w, doc)
}

func receiptOf(r *receipt.Receipt) receiptJSON {
	c := r.Change
	j := receiptJSON{
		Address: c.Addr.String(), Type: c.Addr.Kind.String(), Name: c.Addr.Name, Revision: max(1, c.Revision),
		IGID: c.Account, Recipient: c.Recipient, Action: c.Action.String(), Actions: c.Action.Terraform(), Result: ResultName(r.Result), MessageID: r.MessageID,
		Settled: SettlementName(r.Settled), Undecided: r.Undecided,
	}
	if c.Addr.Keyed {
		j.Index = &c.Addr.Key
	}
	if !r.Ended.IsZero() {
		j.Time = r.Ended.UTC().Format(time.RFC3339)
	}
	if !r.Because.IsZero() {
		j.HeldBy = r.Because.String()
	}
	if r.Result != apply.ResultDone && r.Result != apply.ResultSkipped {
		j.Error = ErrorOf(r.Outcome)
	}
	return j
}

// ErrorOf identifies what went wrong; nil if the outcome does not say.
func ErrorOf(o apply.Outcome) *Error {
	e := Error{HTTP: o.HTTP, Code: o.Code, Subcode: o.Subcode, TraceID: o.TraceID, Reason: o.Reason, Explain: o.Explain, Remedy: o.Remedy}
	if e == (Error{}) {
		return nil
	}
	return &e
}

// SettlementName names what was found out; "" if nothing was.
func SettlementName(s apply.Settlement) string {
	switch s {
	case apply.SettledArrived:
		return "arrived"
	case apply.SettledAbsent:
		return "absent"
	case apply.NotSettled:
	}
	return ""
}

// ResultName names how an action ended.
func ResultName(r apply.Result) string {
	switch r {
	case apply.ResultDone:
		return "done"
	case apply.ResultSkipped:
		return "done_before"
	case apply.ResultRejected:
		return "refused"
	case apply.ResultInDoubt:
		return "in_doubt"
	case apply.ResultHeld:
		return "held"
	case apply.ResultStopped:
		return "stopped"
	case apply.ResultLater:
		return "later"
	case apply.ResultNone:
	}
	return "not_tried"
}
