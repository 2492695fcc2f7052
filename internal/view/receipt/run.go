package receipt

import (
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/wording"
	"herald/plan"
)

// RunDoc is what a run did, as it is shown: a receipt for each action.
type RunDoc struct {
	PlanID      string
	Counts      RunCounts
	Receipts    []Receipt // in the plan's order
	Interrupted bool
	Refused     bool
	Broken      string // why the record could not be written, "" if it could
	Took        time.Duration
	Posts       int
	// Prepare says that the run recorded what is to be sent and sent nothing;
	// Prepared counts the sends that it recorded.
	Prepare  bool
	Prepared int
	// Again is the command that goes on where this run ended, for a shell:
	// "herald apply", or with the plan's file.
	Again string
	// Prepares is the command that prepares what this run did not send: like
	// Again, with -prepare.
	Prepares string

	// What the caller may add for JSON, which holds all in one document.
	Outputs     []view.Output
	Diagnostics hcl.Diagnostics
	Sources     func(file string) []byte
}

// RunCounts are how many actions ended in each way.
type RunCounts struct {
	Sent      int `json:"sent"`
	Reacted   int `json:"reacted"`
	Unreacted int `json:"unreacted"`
	Settled   int `json:"settled"` // found out, and not sent by this run
	Skipped   int `json:"skipped"` // done by an earlier apply of the plan
	InDoubt   int `json:"in_doubt"`
	Refused   int `json:"refused"`
	Held      int `json:"held"`
	Stopped   int `json:"stopped"` // not tried: the account or the run stopped
	NotTried  int `json:"not_tried"`
	Later     int `json:"later"`     // left for a later run
	Imported  int `json:"imported"`  // recorded as sent by hand
	Forgotten int `json:"forgotten"` // taken out of the record
}

// Receipt is how one action ended.
type Receipt struct {
	Change    *plan.Change
	Result    apply.Result
	Outcome   apply.Outcome
	MessageID string
	Because   addr.Instance // of a held one: what it waited for, or zero
	Ended     time.Time
	Settled   apply.Settlement // what was found out, where nothing was sent
	Undecided string           // of one in doubt: why reading did not decide
}

// NewRunDoc makes the document of a run's report.
func NewRunDoc(rep *apply.Report) *RunDoc {
	d := &RunDoc{
		PlanID: rep.PlanID, Interrupted: rep.Interrupted, Refused: rep.Refused, Posts: rep.Posts, Prepare: rep.Prepare, Prepared: rep.Prepared, Again: "herald apply", Prepares: "herald apply -prepare",
		Receipts: make([]Receipt, len(rep.Results)),
	}
	if rep.Broken != nil {
		d.Broken = rep.Broken.Error()
	}
	if !rep.Ended.IsZero() && !rep.Began.IsZero() {
		d.Took = rep.Ended.Sub(rep.Began)
	}
	for i := range rep.Results {
		r := &rep.Results[i]
		d.Receipts[i] = Receipt{Change: r.Change, Result: r.Result, Outcome: r.Outcome, MessageID: r.MessageID, Ended: r.Ended, Settled: r.Settled, Undecided: r.Undecided}
		if r.Because != nil && r.Because.Key() != r.Change.Key() { // nothing waits for itself
			d.Receipts[i].Because = r.Because.Addr
		}
		d.Counts.add(r)
	}
	return d
}

func (n *RunCounts) add(r *apply.ChangeResult) {
	switch r.Result {
	case apply.ResultNone:
		n.NotTried++
	case apply.ResultDone:
		n.addDone(r)
	case apply.ResultSkipped:
		n.Skipped++
	case apply.ResultRejected:
		n.Refused++
	case apply.ResultInDoubt:
		n.InDoubt++
	case apply.ResultHeld:
		n.Held++
	case apply.ResultStopped:
		n.Stopped++
	case apply.ResultLater:
		n.Later++
	}
}

func (n *RunCounts) addDone(r *apply.ChangeResult) {
	if r.Settled != apply.NotSettled {
		n.Settled++
		return
	}
	switch r.Change.Action {
	case plan.Send, plan.Settle:
		n.Sent++
	case plan.React, plan.Rereact, plan.Repeat:
		n.Reacted++
	case plan.Retarget:
		n.Reacted++
		n.Unreacted++
	case plan.Unreact:
		n.Unreacted++
	case plan.Import:
		n.Imported++
	case plan.Forget:
		n.Forgotten++
	case plan.NoOp:
	}
}

// Complete reports whether nothing is left to be done. What was left for a
// later run on purpose is told apart: see Summary.
func (d *RunDoc) Complete() bool { return d.Clean() && d.Counts.Later == 0 }

// Clean reports whether the run did all that it was to do.
func (d *RunDoc) Clean() bool {
	n := d.Counts
	return !d.Refused && d.Broken == "" && !d.Interrupted && n.InDoubt+n.Refused+n.Held+n.Stopped+n.NotTried == 0
}

// Summary is the run in one line: "Apply complete! 3 sent, 1 reacted."
func (d *RunDoc) Summary() string {
	n := d.Counts
	parts := wording.AppendCounts(nil, []wording.Counted{
		{n.Sent, "sent"},
		{n.Reacted, "reacted"},
		{n.Unreacted, "unreacted"},
		{n.Settled, "settled"},
		{n.Imported, "recorded as sent by hand"},
		{n.Forgotten, "forgotten"},
		{n.Skipped, "done before"},
		{n.InDoubt, "in doubt"},
		{n.Refused, "refused"},
		{n.Held, "held"},
		{n.Stopped + n.NotTried, "not tried"},
	})
	if !d.Prepare {
		parts = wording.AppendCounts(parts, []wording.Counted{{n.Later, "left for a later run"}})
	}
	if n.Sent == 0 && !d.Refused && !d.Prepare {
		parts = append([]string{content.Thousands(0) + " sent"}, parts...)
	}
	counts := ""
	if len(parts) > 0 {
		counts = strings.Join(parts, ", ") + "."
	}
	switch {
	case d.Refused:
		return "Nothing was sent: the plan was refused."
	case d.Broken != "":
		return "Apply stopped: the record could not be written. " + counts
	case d.Interrupted:
		return "Apply interrupted. " + counts
	case d.Prepare:
		head := "Prepared: "
		if !d.Clean() {
			head = "Prepared in part: "
		}
		return strings.TrimSpace(head + wording.Count(d.Prepared, "message is recorded as about to be sent", "messages are recorded as about to be sent") + ", and nothing was sent. " + counts)
	case d.Complete():
		return "Apply complete! " + counts
	case d.Clean():
		return "The first conversations are done: " + counts
	}
	return "Apply incomplete: " + counts
}

// Next says how to go on, and gives the command, "" if there is none to run.
// Both are "" where nothing is left to be done.
func (d *RunDoc) Next() (sentence, command string) {
	n := d.Counts
	switch {
	case d.Refused || d.Broken != "":
		return "", ""
	case d.Prepare && d.Prepared > 0:
		return "Push the record now. If the push is refused, another run has claimed these messages: stop, and send nothing. " +
			"Once it is pushed, send them from this machine; for any other they are in doubt.", d.Again
	case d.Complete():
		return "", ""
	case d.ended("no_time"):
		return "Without Instagram's time what was prepared cannot be sent, and it is withdrawn. Apply without preparing; what is recorded as sent is not sent again.", d.Again
	case d.ended("clock_ahead"):
		return "Set the clock of the machine that prepares. Then prepare again, push the record, and apply:", d.Prepares
	case d.ended("not_prepared"), d.ended("claim_over"):
		return "What was not sent for want of a claim goes only once it is prepared. Prepare it, push the record, and apply then; what is recorded as sent is not sent again.", d.Prepares
	case d.Interrupted || n.Stopped+n.NotTried > 0 || n.Held > 0 && n.Refused+n.InDoubt == 0:
		return "Run apply again to go on: what is recorded as sent is not sent again.", ""
	case n.Later > 0 && !d.Prepare:
		return "Look at what the first people got. Then go on with the rest; what is recorded as sent is not sent again.", d.Again
	}
	return "", ""
}

// ended reports whether any action was not carried out for that reason.
func (d *RunDoc) ended(reason string) bool {
	for i := range d.Receipts {
		if r := &d.Receipts[i]; !r.Done() && r.Outcome.Reason == reason {
			return true
		}
	}
	return false
}
