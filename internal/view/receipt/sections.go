package receipt

import (
	"slices"

	"herald/apply"
)

// Section is the receipts of one sort.
type Section struct {
	Title    string
	Receipts []*Receipt // in the plan's order; there may be none
	// Quiet says that they need nobody's eye: what is done, or was left for a
	// later run on purpose.
	Quiet bool
}

// Sections returns the receipts of a run by sorts, those first that need a
// person. All sorts are there, in the same order for every run.
func (d *RunDoc) Sections() []Section {
	sections := make([]Section, len(receiptSections))
	for i := range receiptSections {
		sort := &receiptSections[i]
		sections[i] = Section{Title: sort.title, Quiet: sort.quiet()}
		for j := range d.Receipts {
			if r := &d.Receipts[j]; sort.has(r) {
				sections[i].Receipts = append(sections[i].Receipts, r)
			}
		}
	}
	return sections
}

// receiptSection is a sort of receipts: what ended with one of the results.
type receiptSection struct {
	title   string
	results []apply.Result
	lacks   string // of what is held for want of a claim: the reason of its outcome
}

// receiptSections are the sorts of receipts: first what needs a person.
var receiptSections = [...]receiptSection{
	{title: "In doubt: these may have been delivered, and are not sent again by themselves", results: []apply.Result{apply.ResultInDoubt}},
	{title: "Refused by Instagram", results: []apply.Result{apply.ResultRejected}},
	{title: "Not sent: they were not prepared under this run's claim", results: []apply.Result{apply.ResultHeld}, lacks: "not_prepared"},
	{title: "Not sent: the claim under which they were prepared has ended", results: []apply.Result{apply.ResultHeld}, lacks: "claim_over"},
	{title: "Held: what they wait for did not come about", results: []apply.Result{apply.ResultHeld}},
	{title: "Not tried", results: []apply.Result{apply.ResultStopped, apply.ResultNone}},
	{title: "Left for a later run", results: []apply.Result{apply.ResultLater}},
	{title: "Done", results: []apply.Result{apply.ResultDone}},
	{title: "Done by an earlier apply of this plan", results: []apply.Result{apply.ResultSkipped}},
}

// has reports whether a receipt belongs to the section.
func (s *receiptSection) has(r *Receipt) bool {
	lacks := ""
	if r.Result == apply.ResultHeld && (r.Outcome.Reason == "not_prepared" || r.Outcome.Reason == "claim_over") {
		lacks = r.Outcome.Reason
	}
	return slices.Contains(s.results, r.Result) && s.lacks == lacks
}

// quiet reports whether the section needs nobody's eye.
func (s *receiptSection) quiet() bool {
	return slices.ContainsFunc(s.results, func(r apply.Result) bool {
		return r == apply.ResultDone || r == apply.ResultSkipped || r == apply.ResultLater
	})
}

// Done reports whether the action is done, by this run or before it.
func (r *Receipt) Done() bool { return r.Result == apply.ResultDone || r.Result == apply.ResultSkipped }

// How says what was done.
func (r *Receipt) How() string {
	if r.Result == apply.ResultSkipped {
		return "done before"
	}
	return DoneWord(apply.Event{Change: r.Change, Settled: r.Settled})
}
