package apply

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/plan"
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
	if diags := r.checkAccounts(); diags.HasErrors() {
		return diags
	}
	return r.checkEndpoints()
}

// checkAccounts refuses a plan that sends from an account it does not name.
func (r Run) checkAccounts() hcl.Diagnostics {
	known := make(map[string]bool, len(r.Plan.Accounts))
	for i := range r.Plan.Accounts {
		known[r.Plan.Accounts[i].IGID] = true
	}
	for _, c := range r.Plan.Changes {
		if c.Action != plan.NoOp && !known[c.Account] {
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
