package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/plan"
	"herald/state"
)

const (
	// maxRewinds is how many plans are taken back in the search for the one
	// after which the approved one was made.
	maxRewinds = 5
	// maxNamed is how many addresses a diagnostic names.
	maxNamed = 20
)

// unapproved says that the plan, which is shown, is another than the one
// approved, and what has changed.
func (r *run) unapproved(rec *state.Record) hcl.Diagnostics {
	is, file := "the configuration and the record now give", ""
	if r.file != "" {
		is, file = "the plan in "+r.file+" is", " "+shellWord(r.file)
	}
	var why string
	switch {
	case r.since != nil:
		why = r.changedSince()
	case r.file == "":
		why = r.cameBetween(rec)
	default:
		why = "Give the file of the approved plan with -since, to see what differs."
	}
	return fail("Plan is not the approved one", fmt.Sprintf(
		"Approved was:\n\n  %s\n\nbut %s:\n\n  %s\n\n%s\n\nNothing was sent. Look at the plan as it is now, which is shown. If it is right, approve it, with the other options as they were:\n\n  herald apply -approved=%s%s",
		r.opts.approved, is, r.plan.ID, why, r.plan.ID, file))
}

// changedSince lists what differs from the plan of -since.
func (r *run) changedSince() string {
	head := "Since the approved plan this has changed:"
	if r.since.ID != r.opts.approved {
		head = fmt.Sprintf("The plan in %s is not the approved one either: its digest is %s. Since that plan this has changed:", r.opts.since, r.since.ID)
	}
	var lines []string
	for _, d := range plan.Compare(r.since, r.plan) {
		what := strings.Join(d.What, ", ")
		switch {
		case d.Old == nil:
			what = "new"
		case d.New == nil:
			what = "gone"
		}
		lines = append(lines, fmt.Sprintf("%s: %s", d.Key(), what))
	}
	for _, s := range plan.CompareSettings(r.since, r.plan) {
		name := s.Name
		if s.Account != "" {
			name += " of " + s.Account
		}
		lines = append(lines, name+": "+fromTo(s.Old, s.New))
	}
	return head + "\n\n" + inLines(lines)
}

// fromTo writes what became of a setting.
func fromTo(old, now string) string {
	if old == "" && now == "" {
		return "another one"
	}
	return cmp.Or(old, "none") + ", now " + cmp.Or(now, "none")
}

// cameBetween looks for the record that the approved plan was made from: it
// takes back the latest plans, and says which of them came between.
func (r *run) cameBetween(rec *state.Record) string {
	latest := latestPlans(rec, r.opts.approved)
	if len(latest) == 0 {
		return "The record is as the approved plan may have found it, so the configuration has changed since, a value of a variable, or the selection." + withItsFile
	}
	for _, ids := range alternatives(latest) {
		base := plan.Rewind(rec, r.opts.approved)
		for _, id := range ids {
			base = plan.Rewind(base, id)
		}
		p, diags := r.opts.build(r.want, base)
		if diags.HasErrors() || p.ID != r.opts.approved {
			continue
		}
		var lines []string
		for _, id := range ids {
			lines = append(append(lines, fmt.Sprintf("plan %s, which wrote:", id)), wroteOf(rec, id)...)
		}
		return "The configuration is the approved one, but the record is not as it was: after the approved plan was made, this was applied:\n\n" + inLines(lines)
	}
	return "Taking back the latest plans in the record does not lead to the approved one, so it is not only the record that has changed since: the configuration has, a value of a variable, or the selection." + withItsFile
}

// withItsFile says how the difference can be seen.
const withItsFile = " With the file of the approved plan the difference is listed:\n\n  herald apply -approved=DIGEST -since=PLANFILE"

// alternatives are the sets of plans that may have come between: the latest,
// the latest two, and so on; then each of the others alone, since times tell
// the order of runs within a second badly.
func alternatives(latest []string) [][]string {
	var sets [][]string
	for i := range latest {
		sets = append(sets, latest[:i+1])
	}
	for i := 1; i < len(latest); i++ {
		sets = append(sets, latest[i:i+1])
	}
	return sets
}

// latestPlans returns the ids of the plans that wrote to the record last, the
// latest first and the one that made the record last, but not that one.
func latestPlans(rec *state.Record, but string) []string {
	if rec == nil {
		return nil
	}
	wrote := make(map[string]time.Time)
	for e := range rec.All() {
		if e.PlanID == "" || e.PlanID == but {
			continue
		}
		at := e.SettledAt
		if e.IntendedAt.After(at) {
			at = e.IntendedAt
		}
		if at.After(wrote[e.PlanID]) || wrote[e.PlanID].IsZero() {
			wrote[e.PlanID] = at
		}
	}
	ids := slices.SortedFunc(maps.Keys(wrote), func(a, b string) int {
		switch rec.Origin {
		case a:
			return 1
		case b:
			return -1
		}
		return cmp.Or(wrote[b].Compare(wrote[a]), cmp.Compare(a, b))
	})
	return ids[:min(len(ids), maxRewinds)]
}

// wroteOf names the entries that a plan wrote last.
func wroteOf(rec *state.Record, id string) []string {
	var wrote []string
	for _, e := range rec.Sorted() {
		if e.PlanID == id {
			wrote = append(wrote, fmt.Sprintf("  %s, %s", e.Key(), inWords(e.Status)))
		}
	}
	return wrote
}

// inLines writes lines below each other, indented, and counts those that are
// too many.
func inLines(lines []string) string {
	if len(lines) == 0 {
		return "  nothing that a plan shows"
	}
	shown := lines
	if len(lines) > maxNamed+1 {
		shown = lines[:maxNamed]
	}
	out := "  " + strings.Join(shown, "\n  ")
	if more := len(lines) - len(shown); more > 0 {
		out += fmt.Sprintf("\n  … and %d more", more)
	}
	return out
}

// expired says that a saved plan is too old.
func expired(p *plan.Plan, now time.Time) hcl.Diagnostics {
	return fail("Plan has expired", expiredSince(p, now)+" Nothing was sent. Plan again, and have the new plan looked at:\n\n  herald plan -out=FILE")
}
