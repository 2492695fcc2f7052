package apply

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// check refuses a run whose plan does not fit the record.
func (r Run) check() hcl.Diagnostics {
	if r.Record == nil && !r.NewRecord {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError,
			Summary:  "No record",
			Detail: "There is no record of what was sent. If it is lost, everything would be sent a second time, so nothing was sent.\n\n" +
				"If there was a record, put it back (from git, or from its backup), and apply again. If this is the first apply, say so:\n\n  herald apply -new-record",
		}}
	}
	if r.Prepare && r.Claim == "" {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "No claim",
			Detail: "What is prepared belongs to whoever has its claim, and this run was given none, so nobody could send it. Nothing was prepared.",
		}}
	}
	for _, check := range []func() hcl.Diagnostics{r.checkLineage, r.checkStale, r.checkAccounts, r.checkEndpoints} {
		if diags := check(); diags.HasErrors() {
			return diags
		}
	}
	return nil
}

// checkLineage refuses a plan that was made for another record.
func (r Run) checkLineage() hcl.Diagnostics {
	err := r.Plan.CheckRecord(r.Record)
	if err == nil {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Plan belongs to another record",
		Detail: fmt.Sprintf("Nothing was sent: %s. What one record knows as sent, another would send again.\n\n"+
			"Put back the record that the plan was made for, or plan again with this one:\n\n  herald plan", err),
	}}
}

// checkStale refuses a plan that was overtaken: an address that it acts on was
// written by something else since.
func (r Run) checkStale() hcl.Diagnostics {
	stale := r.Plan.Stale(r.Record)
	if len(stale) == 0 {
		return nil
	}
	lines := make([]string, len(stale))
	for i, s := range stale {
		lines[i] = "  " + s.String()
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Plan is stale",
		Detail: "The record has changed since the plan was made, so the plan may no longer say what is missing. Nothing was sent.\n\n" +
			strings.Join(lines, "\n") + "\n\nPlan again, and look at what is left:\n\n  herald plan",
	}}
}

// checkAccounts refuses a plan that sends from an account it does not name.
func (r Run) checkAccounts() hcl.Diagnostics {
	known := make(map[string]bool, len(r.Plan.Accounts))
	for i := range r.Plan.Accounts {
		known[r.Plan.Accounts[i].IGID] = true
	}
	for _, c := range r.Plan.Changes {
		if c.Action.Calls() && !known[c.Account] {
			return hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "Unknown account", Subject: subject(c),
				Detail: fmt.Sprintf("%s belongs to the account %q, which the plan does not name. Plan again.", c.Addr, c.Account),
			}}
		}
	}
	return nil
}

// checkEndpoints refuses an account whose calls would go elsewhere than those
// that the record tells of.
func (r Run) checkEndpoints() hcl.Diagnostics {
	if r.Record == nil || r.AcceptEndpoint {
		return nil
	}
	var changed []string
	for i := range r.Plan.Accounts {
		a := &r.Plan.Accounts[i]
		if old, ok := r.Record.Endpoints[a.IGID]; ok && old != a.Endpoint {
			changed = append(changed, fmt.Sprintf("  account %q: recorded %s, planned %s", a.Name, old, a.Endpoint))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError,
		Summary:  "Endpoint changed",
		Detail: "The record tells of messages that went to another endpoint than the plan's, and what was sent to a simulator would count as sent for real. Nothing was sent.\n\n" +
			strings.Join(changed, "\n") + "\n\nGive the account its recorded endpoint, or accept the new one:\n\n  herald apply -accept-endpoint",
	}}
}
