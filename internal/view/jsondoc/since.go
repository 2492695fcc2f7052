package jsondoc

import (
	"herald/internal/view"
	"herald/plan"
)

// sinceJSON is what differs from a plan that was reviewed before.
type sinceJSON struct {
	PlanID      string           `json:"plan_id"`
	Differences []differenceJSON `json:"differences"` // in the order of this plan, then those that are gone
}

type differenceJSON struct {
	Address  string    `json:"address"`
	Revision int       `json:"revision"`
	What     []string  `json:"what"` // empty where one of the plans does not have it
	Old      *sideJSON `json:"old"`
	New      *sideJSON `json:"new"`
}

// sideJSON is a change as one of the two plans has it.
type sideJSON struct {
	Actions []string    `json:"actions"`
	Values  *valuesJSON `json:"values"`
}

// sinceOf compares the plan with the one before; nil if there is none.
func sinceOf(d *view.PlanDoc) *sinceJSON {
	if d.Since == nil {
		return nil
	}
	j := &sinceJSON{PlanID: d.Since.ID, Differences: []differenceJSON{}}
	for _, diff := range plan.Compare(d.Since, &plan.Plan{ID: d.ID, Accounts: d.Accounts, Changes: d.Changes}) {
		what := diff.What
		if what == nil {
			what = []string{}
		}
		// What is a secret in one of the plans is shown of neither.
		secret := diff.Old != nil && diff.Old.Sensitive || diff.New != nil && diff.New.Sensitive
		j.Differences = append(j.Differences, differenceJSON{
			Address: diff.Addr.String(), Revision: max(1, diff.Revision), What: what, Old: side(d, diff.Old, secret), New: side(d, diff.New, secret),
		})
	}
	return j
}

func side(d *view.PlanDoc, c *plan.Change, secret bool) *sideJSON {
	if c == nil {
		return nil
	}
	j := &sideJSON{Actions: c.Action.Terraform(), Values: after(c, nil)}
	if j.Values != nil {
		j.Values.Account = d.AccountName(c.Account)
		j.Values.setContent(c.Content, secret)
	}
	return j
}
