package view

import "herald/plan"

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

// sinceJSON compares the plan with the one before; nil if there is none.
func (d *PlanDoc) sinceJSON() *sinceJSON {
	if d.Since == nil {
		return nil
	}
	j := &sinceJSON{PlanID: d.Since.ID, Differences: []differenceJSON{}}
	for _, diff := range plan.Compare(d.Since, &plan.Plan{ID: d.ID, Accounts: d.Accounts, Changes: d.changes}) {
		what := diff.What
		if what == nil {
			what = []string{}
		}
		// What is a secret in one of the plans is shown of neither.
		secret := diff.Old != nil && diff.Old.Sensitive || diff.New != nil && diff.New.Sensitive
		j.Differences = append(j.Differences, differenceJSON{
			Address: diff.Addr.String(), Revision: max(1, diff.Revision), What: what, Old: d.side(diff.Old, secret), New: d.side(diff.New, secret),
		})
	}
	return j
}

func (d *PlanDoc) side(c *plan.Change, secret bool) *sideJSON {
	if c == nil {
		return nil
	}
	j := &sideJSON{Actions: c.Action.Terraform(), Values: after(c, nil)}
	if j.Values != nil {
		j.Values.Account = d.accountName(c.Account)
		j.Values.setContent(c.Content, secret)
	}
	return j
}
