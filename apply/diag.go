package apply

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
)

// How many diagnostics of one kind are given, and how many addresses one of
// them names; the rest is counted. The report has them all.
const (
	mostDiagnostics = 100
	mostNames       = 5
)

// subject returns where the change's block stands, or nil if it is gone.
func subject(c *plan.Change) *hcl.Range {
	if c == nil || c.Range.Filename == "" {
		return nil
	}
	return c.Range.Ptr()
}

// diagnostics says what the run leaves undone, and what to do about it.
func (e *engine) diagnostics(unfolded error) hcl.Diagnostics {
	var diags hcl.Diagnostics
	diags = append(diags, e.haltDiagnostics()...)
	for _, a := range e.order {
		if a.halted.Load() {
			diags = append(diags, e.stoppedAccount(a))
		}
	}
	diags = append(diags, e.each(ResultRejected, refused)...)
	diags = append(diags, e.each(ResultInDoubt, e.doubtful)...)
	diags = append(diags, e.leftOpen()...)
	diags = append(diags, e.held()...)
	if unfolded != nil && e.report.Broken == nil {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Record not folded",
			Detail: fmt.Sprintf("All that was done is recorded in the journal, but the record itself could not be rewritten: %s. Keep the journal beside the record; the next apply reads both.", unfolded),
		})
	}
	return diags
}

// each returns one diagnostic for each change with that end, up to a bound.
func (e *engine) each(want Result, make func(*ChangeResult) *hcl.Diagnostic) hcl.Diagnostics {
	var diags hcl.Diagnostics
	more := 0
	for i := range e.results {
		r := &e.results[i]
		switch {
		case r.Result != want, want == ResultInDoubt && e.isLeftOpen(r.Change):
		case len(diags) < mostDiagnostics:
			diags = append(diags, make(r))
		default:
			more++
		}
	}
	if more > 0 {
		last := diags[len(diags)-1]
		last.Detail += fmt.Sprintf("\n\n%s more ended in the same way.", content.Thousands(more))
	}
	return diags
}

// refused tells of a message or reaction that Instagram refused.
func refused(r *ChangeResult) *hcl.Diagnostic {
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: noun(r.Change) + " refused", Subject: subject(r.Change),
		Detail: sentences(fmt.Sprintf("Instagram refused %s%s.", r.Change.Key(), codes(r.Outcome)), r.Outcome.Explain),
	}
	switch {
	case r.Outcome.Remedy != "":
		d.Detail += "\n\n" + r.Outcome.Remedy
	case r.Outcome.Class == Final && unreacts(r.Change):
		d.Detail += "\n\nTaking it back is not tried again. If the reaction still stands, take it back in Instagram."
	case r.Outcome.Class == Final:
		d.Detail += "\n\nIt is not tried again until its content, recipient or revision changes, or with:\n\n  herald apply -retry-rejected"
	default:
		d.Detail += "\n\nThe next apply tries it again."
	}
	return d
}

// doubtful tells of a message or reaction that may have been delivered.
func (e *engine) doubtful(r *ChangeResult) *hcl.Diagnostic {
	c := r.Change
	entry := e.ledger.get(c.Key())
	if r.Outcome.Class == Accepted && c.Addr.Kind == addr.Message {
		return &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Outcome not recorded", Subject: subject(c),
			Detail: fmt.Sprintf("Instagram accepted %s, but that could not be recorded, so the record has it in doubt. Once the record can be written again, say what happened:\n\n  herald resolve %s -sent=%s",
				c.Key(), shellQuote(c.Addr.String()), r.Outcome.MessageID),
		}
	}
	what := fmt.Sprintf("It is not known whether %s was delivered%s%s.", c.Key(), since(entry), codes(r.Outcome))
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: noun(c) + " in doubt", Subject: subject(c)}
	if e.run.Prepare {
		d.Severity = hcl.DiagWarning
	}
	if c.Addr.Kind == addr.Reaction {
		d.Detail = sentences(what, r.Outcome.Explain) + "\n\nA reaction may be repeated freely, and the next apply does so."
		return d
	}
	d.Detail = sentences(what, r.Outcome.Explain, r.Undecided, "It is not sent again, because it may have arrived, and the later messages of its conversation wait.") +
		"\n\n" + e.doubtAdvice(r, entry)
	return d
}

// doubtAdvice says how the doubt about an entry is settled: by the next apply,
// or by a person; or, of what another run has prepared, that neither should
// before its lease has ended.
func (e *engine) doubtAdvice(r *ChangeResult, entry *state.Entry) string {
	var now time.Time
	if a := e.accounts[r.Change.Account]; a != nil {
		now = a.clock.now()
	}
	switch {
	case entry != nil && leased(entry, evidence{now: now}):
		return doubtRemedy(r.Change.Addr, entry)
	case e.reader == nil && !e.run.Prepare:
	case r.Undecided == "" && !e.reads(r.Change):
		return "Its conversation is not read, because of on_in_doubt = \"hold\". " + resolveAdvice(r.Change.Addr)
	case r.Undecided == "":
		return "The next apply reads its conversation. " + resolveAdvice(r.Change.Addr)
	default:
		return "The next apply reads its conversation again. " + resolveAdvice(r.Change.Addr)
	}
	return resolveAdvice(r.Change.Addr)
}

// since says when the doubt about an entry began, if that is known.
func since(entry *state.Entry) string {
	switch {
	case entry == nil:
		return ""
	case entry.Claim != "":
		return ": another run prepared it at " + moment(entry.IntendedAt) + " and did not record what came of it"
	}
	at := entry.DoubtAt
	if at.IsZero() {
		at = entry.IntendedAt
	}
	if at.IsZero() {
		return ""
	}
	return ", since " + at.UTC().Format(time.RFC3339)
}

// held tells of what was not tried, together for each cause.
func (e *engine) held() hcl.Diagnostics {
	type cause struct {
		because *plan.Change
		explain string
	}
	groups := make(map[cause][]*ChangeResult)
	var order []cause
	for i := range e.results {
		r := &e.results[i]
		if r.Result != ResultHeld {
			continue
		}
		k := cause{because: r.Because}
		if r.Because != nil && e.isLeftOpen(r.Because) {
			k = cause{explain: "Each waits for a message before it in its conversation of which herald recover could not tell whether it was sent. It goes once somebody has said that."}
		} else if r.Because == nil || r.Outcome.Explain != "" {
			k = cause{r.Because, sentences(r.Outcome.Explain, "\n\n"+r.Outcome.Remedy)}
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	var diags hcl.Diagnostics
	for i, k := range order {
		if i == mostDiagnostics {
			diags[i-1].Detail += fmt.Sprintf("\n\n%s more causes hold others.", content.Thousands(len(order)-i))
			break
		}
		detail := k.explain
		switch {
		case detail != "":
		case e.outside(k.because):
			detail = fmt.Sprintf("Each waits for %s, whose conversation is not among the first %s. Apply the same plan without -canary to go on.", k.because.Key(), content.Thousands(e.run.Canary))
		default:
			detail = fmt.Sprintf("Each waits for %s, which was not delivered. It goes once that is: apply again then.", k.because.Key())
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Not sent yet", Subject: subject(groups[k][0].Change),
			Detail: sentences("Not tried: "+names(groups[k])+".", detail),
		})
	}
	return diags
}

// haltDiagnostics says why the run stopped early, if it did.
func (e *engine) haltDiagnostics() hcl.Diagnostics {
	if e.halt == nil {
		return nil
	}
	left := fmt.Sprintf("Not tried: %s of %s actions. Apply again to go on.",
		content.Thousands(e.count(ResultStopped)), content.Thousands(len(e.results)))
	d := &hcl.Diagnostic{Severity: hcl.DiagError}
	switch e.halt.kind {
	case haltInterrupt:
		if e.count(ResultStopped) == 0 {
			return nil
		}
		d.Summary, d.Detail = "Interrupted", "The run was interrupted: no new call was begun, and what came of those in flight is recorded. "+left
	case haltBroken:
		if e.fleet != nil && errors.Is(e.halt.err, state.ErrLockLost) {
			return hcl.Diagnostics{leaseLost(left)}
		}
		return hcl.Diagnostics{unwritable(e.halt.err)}
	case haltFailures:
		d.Summary = "Too many failures"
		d.Detail = fmt.Sprintf("%d actions were refused or are in doubt, and stop_after_failures = %d in the limits block. %s",
			e.failures, e.run.Plan.Limits.StopAfterFailures, left)
	case haltLimits:
		d.Summary = "Too many sends"
		d.Detail = fmt.Sprintf("Nothing was sent: %s. Select fewer with -only, or raise the limit in the herald block.", e.halt.err)
	}
	return hcl.Diagnostics{d}
}

// stoppedAccount says why nothing more is sent from the account.
func (e *engine) stoppedAccount(a *account) *hcl.Diagnostic {
	n := 0
	for i := range e.results {
		if r := &e.results[i]; r.Result == ResultStopped && r.Change.Account == a.plan.IGID {
			n++
		}
	}
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Account stopped",
		Detail: sentences(fmt.Sprintf("Nothing more is sent from the account %q%s.", a.plan.Name, codes(a.why)), a.why.Explain,
			"Not tried of its actions: "+content.Thousands(n)+"."),
	}
	if a.why.Remedy != "" {
		d.Detail += "\n\n" + a.why.Remedy
	}
	return d
}

// unwritable says that the record could not be written.
func unwritable(err error) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Record cannot be written",
		Detail: fmt.Sprintf("The run stopped: %s. What cannot be recorded is not sent, or it would be sent again. Make the record writable, then apply again.", err),
	}
}

// leaseLost says that the store has not heard of the run for too long.
func leaseLost(left string) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Lease on the record lost",
		Detail: "This run could not reach the record for so long that others may have taken over the conversations that it had, so it has stopped: nothing was sent after that. " +
			"What it had sent and could not record is in doubt; another run, or the next one, reads those conversations and finds it. " + left,
	}
}

func (e *engine) count(want Result) int {
	n := 0
	for i := range e.results {
		if e.results[i].Result == want {
			n++
		}
	}
	return n
}

// noun names what a change is about, to begin a summary.
func noun(c *plan.Change) string {
	if c.Addr.Kind == addr.Reaction {
		return "Reaction"
	}
	return "Message"
}

// codes names a Graph error as its documentation does, or Herald's own word.
func codes(o Outcome) string {
	var parts []string
	if o.Code != 0 {
		parts = append(parts, fmt.Sprintf("code %d", o.Code))
	}
	if o.Subcode != 0 {
		parts = append(parts, fmt.Sprintf("subcode %d", o.Subcode))
	}
	if o.Code == 0 && o.HTTP != 0 {
		parts = append(parts, fmt.Sprintf("HTTP status %d", o.HTTP))
	}
	if o.TraceID != "" {
		parts = append(parts, "trace "+o.TraceID)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// names lists the first addresses of a group and counts the rest.
func names(group []*ChangeResult) string {
	var list []string
	for _, r := range group[:min(len(group), mostNames)] {
		list = append(list, r.Change.Key().String())
	}
	s := strings.Join(list, ", ")
	if more := len(group) - len(list); more > 0 {
		s += fmt.Sprintf(" and %s more", content.Thousands(more))
	}
	return s
}

// sentences joins those that are not empty.
func sentences(s ...string) string {
	var b strings.Builder
	for _, part := range s {
		if strings.TrimSpace(part) == "" {
			continue
		}
		if b.Len() > 0 && !strings.HasPrefix(part, "\n") {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}
