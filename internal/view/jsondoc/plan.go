package jsondoc

import (
	"encoding/json"
	"io"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/plan"
	"herald/state"
)

// planJSON has Terraform's names where Terraform has one.
type planJSON struct {
	FormatVersion   string                  `json:"format_version"`
	PlanID          string                  `json:"plan_id"`
	Lineage         *string                 `json:"lineage"` // null: there was no record
	Sandbox         bool                    `json:"sandbox,omitempty"`
	Expires         string                  `json:"expires,omitempty"` // of a saved plan: RFC 3339, UTC
	Applyable       bool                    `json:"applyable"`         // an apply would do something
	Complete        bool                    `json:"complete"`          // nothing is left to be done after it
	Errored         bool                    `json:"errored"`           // always false: what has errors is no plan
	Accounts        []accountJSON           `json:"accounts"`
	Selection       *plan.Selection         `json:"selection,omitempty"`
	RetryRejected   bool                    `json:"retry_rejected,omitempty"`
	RefreshedAt     string                  `json:"refreshed_at,omitempty"` // with -refresh: when Instagram was asked
	Variables       map[string]variableJSON `json:"variables,omitempty"`
	ResourceChanges []changeJSON            `json:"resource_changes"` // in the order of execution
	Moves           []plan.Move             `json:"moves,omitempty"`
	OutputChanges   map[string]outputJSON   `json:"output_changes"`
	Since           *sinceJSON              `json:"since,omitempty"`
	Summary         summaryJSON             `json:"summary"`
	Diagnostics     []Diagnostic            `json:"diagnostics"`
}

type accountJSON struct {
	Name            string `json:"name"`
	IGID            string `json:"ig_id"`
	Endpoint        string `json:"endpoint"`
	DefaultEndpoint bool   `json:"default_endpoint"`
	APIVersion      string `json:"api_version"`
}

type variableJSON struct {
	Value     json.RawMessage `json:"value,omitempty"` // none of a sensitive one
	Sensitive bool            `json:"sensitive,omitempty"`
}

type summaryJSON struct {
	Text    string `json:"text"`
	Changes bool   `json:"changes"` // false: an apply would do nothing
	view.Counts
}

type changeJSON struct {
	Address         string        `json:"address"`
	PreviousAddress string        `json:"previous_address,omitempty"`
	Mode            string        `json:"mode"` // always "managed", which Terraform's policies ask for
	Type            string        `json:"type"`
	Name            string        `json:"name"`
	Index           *string       `json:"index,omitempty"`
	Account         string        `json:"account"`
	Change          beforeJSON    `json:"change"`
	ActionReason    string        `json:"action_reason,omitempty"`
	Recorded        *recordedJSON `json:"recorded,omitempty"`
	Marks           []markJSON    `json:"marks,omitempty"`
	DependsOn       []string      `json:"depends_on,omitempty"`
	HeldBy          string        `json:"held_by,omitempty"`
	HeldReason      string        `json:"held_reason,omitempty"`
	Filename        string        `json:"filename,omitempty"` // of the block, and its line
	Line            int           `json:"line,omitempty"`
	Refresh         *refreshJSON  `json:"refresh,omitempty"` // with -refresh: what Instagram told
}

type beforeJSON struct {
	Actions         []string       `json:"actions"`
	Before          *valuesJSON    `json:"before"`
	After           *valuesJSON    `json:"after"`
	AfterUnknown    unknownJSON    `json:"after_unknown"`
	BeforeSensitive sensitiveJSON  `json:"before_sensitive"`
	AfterSensitive  sensitiveJSON  `json:"after_sensitive"`
	Importing       *importingJSON `json:"importing,omitempty"`
}

// importingJSON says that a message was sent by hand and is recorded only.
type importingJSON struct {
	ID string `json:"id"`
}

// unknownJSON names what is known only once it is applied.
type unknownJSON struct {
	ID        bool `json:"id,omitempty"`
	MessageID bool `json:"message_id,omitempty"`
}

// markJSON is a piece of a text that its author cannot have meant.
type markJSON struct {
	Kind string `json:"kind"`
	Text string `json:"text,omitempty"` // none of a sensitive text
	Line int    `json:"line"`           // of the text, from 1
}

// recordedJSON is the entry of the record that decided the action.
type recordedJSON struct {
	Revision    int            `json:"revision"`
	Status      string         `json:"status"`
	IGID        string         `json:"ig_id"`
	Recipient   string         `json:"recipient"`
	Fingerprint string         `json:"fingerprint,omitempty"`
	MessageID   string         `json:"message_id,omitempty"` // of a message its own, of a reaction the one it is on
	Reaction    string         `json:"reaction,omitempty"`
	PlanID      string         `json:"plan_id,omitempty"`
	Claim       bool           `json:"claim,omitempty"`             // a run has prepared it, and may be sending it
	PreparedAt  string         `json:"prepared_at,omitempty"`       // with claim
	SentUntil   string         `json:"may_be_sent_until,omitempty"` // with claim
	SettledAt   string         `json:"settled_at,omitempty"`
	SettledBy   string         `json:"settled_by,omitempty"`
	Error       *state.Refusal `json:"error,omitempty"`
}

type outputJSON struct {
	Actions         []string        `json:"actions"`
	Before          json.RawMessage `json:"before"`
	After           json.RawMessage `json:"after"`
	AfterUnknown    bool            `json:"after_unknown"`
	BeforeSensitive bool            `json:"before_sensitive"`
	AfterSensitive  bool            `json:"after_sensitive"`
}

// Plan writes a plan as one line of JSON in the shape of Terraform's plan
// representation; docs/json.md describes it. It holds no time of day but what
// the record holds, so the same plan is the same bytes. A sensitive text is
// null in it, and named by after_sensitive.
func Plan(w io.Writer, d *view.PlanDoc) error {
	n := d.Counts
	doc := planJSON{
		FormatVersion: FormatVersion, PlanID: d.ID, Sandbox: d.Sandbox, Expires: stamp(d.Expires), RetryRejected: d.RetryRejected, RefreshedAt: refreshedAt(d.Refresh),
		Applyable:       !d.Empty(),
		Complete:        n.Held+n.Rejected+n.InDoubt+n.NotSelected == 0,
		Accounts:        make([]accountJSON, 0, len(d.Accounts)),
		Variables:       variables(d.Variables),
		ResourceChanges: make([]changeJSON, 0, len(d.Changes)),
		Moves:           d.Moves,
		Since:           sinceOf(d),
		Summary:         summaryJSON{Text: d.Summary(), Changes: !d.Empty(), Counts: d.Counts},
		Diagnostics:     DiagnosticList(d.Diagnostics, d.Sources),
	}
	if d.Lineage != "" {
		doc.Lineage = &d.Lineage
	}
	if len(d.Selection.Only)+len(d.Selection.Exclude) > 0 {
		doc.Selection = &d.Selection
	}
	for _, a := range d.Accounts {
		doc.Accounts = append(doc.Accounts, accountJSON{
			Name: a.Name, IGID: a.IGID, Endpoint: a.Endpoint, DefaultEndpoint: a.Endpoint == view.DefaultEndpoint, APIVersion: a.APIVersion,
		})
	}
	ids := knownIDs(d)
	for _, c := range d.Changes {
		doc.ResourceChanges = append(doc.ResourceChanges, changeOf(d, c, ids))
	}
	doc.OutputChanges = outputsOf(d, ids)
	return Write(w, doc)
}

func variables(vars []view.Variable) map[string]variableJSON {
	m := make(map[string]variableJSON, len(vars))
	for _, v := range vars {
		j := variableJSON{Sensitive: v.Sensitive}
		if !v.Sensitive && json.Valid(v.JSON) {
			j.Value = v.JSON
		}
		m[v.Name] = j
	}
	return m
}

func changeOf(d *view.PlanDoc, c *plan.Change, ids map[string]string) changeJSON {
	j := changeJSON{
		Address: c.Addr.String(), Mode: "managed", Type: c.Addr.Kind.String(), Name: c.Addr.Name,
		Account: d.AccountName(c.Account), ActionReason: string(c.Reason), Recorded: recorded(c), Marks: marksOf(d, c), Refresh: refreshOf(d.Refresh, c),
		Change: beforeJSON{Actions: c.Action.Terraform(), Before: before(d, c), After: after(c, ids)},
	}
	if c.Addr.Keyed {
		j.Index = &c.Addr.Key
	}
	if !c.MovedFrom.IsZero() {
		j.PreviousAddress = c.MovedFrom.String()
	}
	for _, a := range c.DependsOn {
		j.DependsOn = append(j.DependsOn, a.String())
	}
	if !c.HeldBy.IsZero() {
		j.HeldBy, j.HeldReason = c.HeldBy.String(), string(c.HeldWhy)
	}
	if c.Range.Filename != "" {
		j.Filename, j.Line = c.Range.Filename, c.Range.Start.Line
	}
	if c.Action == plan.Import {
		j.Change.Importing = &importingJSON{ID: c.ImportID}
	}
	if b := j.Change.Before; b != nil && b.Kind != "" && c.Sensitive {
		j.Change.BeforeSensitive.set(content.KindOf(b.Kind))
	}
	if a := j.Change.After; a != nil {
		a.Account = j.Account
		j.Change.AfterUnknown = unknownJSON{
			ID:        c.Addr.Kind == addr.Message && (c.Action == plan.Send || c.Action == plan.Settle),
			MessageID: c.Addr.Kind == addr.Reaction && a.MessageID == "",
		}
		if c.Sensitive {
			j.Change.AfterSensitive.set(c.Content.Kind)
		}
	}
	return j
}

// marksOf are what is odd about the text of a change.
func marksOf(d *view.PlanDoc, c *plan.Change) []markJSON {
	var list []markJSON
	for _, m := range d.Marks(c) {
		list = append(list, markJSON{Kind: string(m.Kind), Text: m.Text, Line: m.Line})
	}
	return list
}

// recorded is what the record holds, nil if it holds nothing.
func recorded(c *plan.Change) *recordedJSON {
	e := c.Base
	if e == nil {
		return nil
	}
	j := &recordedJSON{
		Revision: max(1, e.Revision), Status: e.Status.String(), IGID: e.Account, Recipient: e.Recipient, Fingerprint: e.Fingerprint,
		MessageID: e.MessageID, PlanID: e.PlanID, SettledAt: stamp(e.SettledAt), SettledBy: e.SettledBy, Error: e.Refusal,
	}
	if view.Prepared(e) {
		j.Claim, j.PreparedAt, j.SentUntil = true, stamp(e.IntendedAt), leaseEnd(e)
	}
	if c.Addr.Kind == addr.Reaction {
		j.MessageID, j.Reaction = e.Target, e.Reaction
	}
	return j
}

// knownIDs gives the ids of the messages that are sent by their addresses.
func knownIDs(d *view.PlanDoc) map[string]string {
	ids := make(map[string]string)
	for _, c := range d.Changes {
		switch {
		case c.Action == plan.Import:
			ids[c.Addr.String()] = c.ImportID
		case c.Action == plan.NoOp && c.Base != nil && c.Base.Status == state.Sent && c.Base.MessageID != "":
			ids[c.Addr.String()] = c.Base.MessageID
		}
	}
	return ids
}

// outputsOf gives each output with the message ids that are known. Outputs are
// not recorded: one whose value is known has it already.
func outputsOf(d *view.PlanDoc, ids map[string]string) map[string]outputJSON {
	out := make(map[string]outputJSON, len(d.Outputs))
	for _, o := range d.Outputs {
		j := outputJSON{Actions: []string{"no-op"}, BeforeSensitive: o.Sensitive, AfterSensitive: o.Sensitive}
		value, known := o.JSON, true
		if len(o.Refs) > 0 {
			value, known = resolve(o.JSON, ids)
		}
		switch {
		case !known:
			j.AfterUnknown, j.BeforeSensitive, j.Actions = true, false, []string{"create"}
		case !o.Sensitive && json.Valid(value):
			j.Before, j.After = value, value
		}
		out[o.Name] = j
	}
	return out
}

// Within a string of plan.Output.JSON these surround an address that stands
// for its message id.
const refOpen, refClose = "\ue000", "\ue001"

// resolve puts message ids in the place of addresses; false if one is missing.
func resolve(data []byte, ids map[string]string) ([]byte, bool) {
	v, err := view.DecodeValue(data)
	if err != nil {
		return nil, false
	}
	known := true
	v = eachString(v, func(s string) string {
		var b strings.Builder
		for {
			head, rest, ok := strings.Cut(s, refOpen)
			b.WriteString(head)
			if !ok {
				return b.String()
			}
			address, tail, _ := strings.Cut(rest, refClose)
			id, found := ids[address]
			known = known && found
			b.WriteString(id)
			s = tail
		}
	})
	out, err := json.Marshal(v)
	return out, known && err == nil
}

// eachString applies f to every string within a decoded value, keys apart.
func eachString(v any, f func(string) string) any {
	switch v := v.(type) {
	case string:
		return f(v)
	case []any:
		for i := range v {
			v[i] = eachString(v[i], f)
		}
	case map[string]any:
		for k := range v {
			v[k] = eachString(v[k], f)
		}
	}
	return v
}
