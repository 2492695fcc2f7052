package view

import (
	"encoding/json"
	"io"
	"strings"

	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
)

// planJSON has Terraform's names where Terraform has one.
type planJSON struct {
	FormatVersion   string                `json:"format_version"`
	PlanID          string                `json:"plan_id"`
	Lineage         *string               `json:"lineage"` // null: there was no record
	Accounts        []accountJSON         `json:"accounts"`
	Selection       *plan.Selection       `json:"selection,omitempty"`
	RetryRejected   bool                  `json:"retry_rejected,omitempty"`
	ResourceChanges []changeJSON          `json:"resource_changes"` // in the order of execution
	OutputChanges   map[string]outputJSON `json:"output_changes"`
	Summary         summaryJSON           `json:"summary"`
	Diagnostics     []diagnosticJSON      `json:"diagnostics"`
}

type accountJSON struct {
	Name            string `json:"name"`
	IGID            string `json:"ig_id"`
	Endpoint        string `json:"endpoint"`
	DefaultEndpoint bool   `json:"default_endpoint"`
	APIVersion      string `json:"api_version"`
}

type summaryJSON struct {
	Text    string `json:"text"`
	Changes bool   `json:"changes"` // false: an apply would do nothing
	Counts
}

type changeJSON struct {
	Address         string     `json:"address"`
	PreviousAddress string     `json:"previous_address,omitempty"`
	Mode            string     `json:"mode"` // always "managed", which Terraform's policies ask for
	Type            string     `json:"type"`
	Name            string     `json:"name"`
	Index           *string    `json:"index,omitempty"`
	Account         string     `json:"account"`
	Change          beforeJSON `json:"change"`
	ActionReason    string     `json:"action_reason,omitempty"`
	DependsOn       []string   `json:"depends_on,omitempty"`
	HeldBy          string     `json:"held_by,omitempty"`
	HeldReason      string     `json:"held_reason,omitempty"`
	Filename        string     `json:"filename,omitempty"` // of the block, and its line
	Line            int        `json:"line,omitempty"`
}

type beforeJSON struct {
	Actions        []string        `json:"actions"`
	Before         attributes      `json:"before"`
	After          attributes      `json:"after"`
	AfterUnknown   map[string]bool `json:"after_unknown"`
	AfterSensitive map[string]bool `json:"after_sensitive"`
}

// importingJSON says that a message was sent by hand and is recorded only.
type importingJSON struct {
	ID string `json:"id"`
}

// attributes are those of a message or reaction under the names of the
// language, and ig_id, status, fingerprint, kind and bytes beside.
type attributes map[string]any

type outputJSON struct {
	Actions        []string        `json:"actions"`
	Before         json.RawMessage `json:"before"`
	After          json.RawMessage `json:"after"`
	AfterUnknown   bool            `json:"after_unknown"`
	AfterSensitive bool            `json:"after_sensitive"`
}

// PlanJSON writes a plan as one line of JSON in the shape of Terraform's plan
// representation. It holds no time of day, so the same plan is the same bytes.
// A sensitive text is null in it, and named by after_sensitive.
func PlanJSON(w io.Writer, d *PlanDoc) error {
	doc := planJSON{
		FormatVersion: FormatVersion, PlanID: d.ID, RetryRejected: d.RetryRejected,
		Accounts:        make([]accountJSON, 0, len(d.Accounts)),
		ResourceChanges: make([]changeJSON, 0, len(d.changes)),
		OutputChanges:   d.outputsJSON(),
		Summary:         summaryJSON{Text: d.Summary(), Changes: !d.Empty(), Counts: d.Counts},
		Diagnostics:     diagnosticsJSON(d.Diagnostics, d.Sources),
	}
	if d.Lineage != "" {
		doc.Lineage = &d.Lineage
	}
	if len(d.Selection.Only)+len(d.Selection.Exclude) > 0 {
		doc.Selection = &d.Selection
	}
	for _, a := range d.Accounts {
		doc.Accounts = append(doc.Accounts, accountJSON{
			Name: a.Name, IGID: a.IGID, Endpoint: a.Endpoint, DefaultEndpoint: a.Endpoint == defaultEndpoint, APIVersion: a.APIVersion,
		})
	}
	for _, c := range d.changes {
		doc.ResourceChanges = append(doc.ResourceChanges, d.changeJSON(c))
	}
	return writeJSON(w, doc)
}

func (d *PlanDoc) changeJSON(c *plan.Change) changeJSON {
	j := changeJSON{
		Address: c.Addr.String(), Mode: "managed", Type: c.Addr.Kind.String(), Name: c.Addr.Name,
		Account: d.accountName(c.Account), ActionReason: string(c.Reason),
		Change: beforeJSON{
			Actions: c.Action.Terraform(), Before: before(c), After: after(c),
			AfterUnknown: map[string]bool{}, AfterSensitive: map[string]bool{},
		},
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
	if c.Addr.Kind == addr.Message && (c.Action == plan.Send || c.Action == plan.Settle) {
		j.Change.AfterUnknown["id"] = true
	}
	if c.Addr.Kind == addr.Reaction && c.Target.IsRef() && c.Action != plan.NoOp {
		j.Change.AfterUnknown["message_id"] = true
	}
	if c.Sensitive && c.Content.Kind != content.KindInvalid {
		j.Change.AfterSensitive[c.Content.Kind.String()] = true
	}
	return j
}

// before is what is recorded, nil if nothing is there now.
func before(c *plan.Change) attributes {
	e := c.Base
	if e == nil {
		return nil
	}
	a := attributes{"ig_id": e.Account, "recipient": e.Recipient, "revision": max(1, e.Revision), "status": e.Status.String(), "fingerprint": e.Fingerprint}
	if c.Addr.Kind == addr.Reaction {
		a["message_id"], a["reaction"] = e.Target, e.Reaction
		return a
	}
	if e.MessageID != "" {
		a["id"] = e.MessageID
	}
	return a
}

// after is what will be, nil if the address will hold nothing.
func after(c *plan.Change) attributes {
	if c.Action == plan.Unreact {
		return nil
	}
	a := attributes{"ig_id": c.Account, "recipient": c.Recipient, "revision": max(1, c.Revision)}
	if c.Addr.Kind == addr.Reaction {
		a["reaction"] = c.React
		if c.Target.IsRef() {
			a["target"] = c.Target.Ref.String()
		} else {
			a["message_id"] = c.Target.ID
		}
		return a
	}
	if kind := c.Content.Kind; kind != content.KindInvalid {
		a["kind"] = kind.String()
		a["bytes"] = len(c.Content.Value)
		a[kind.String()] = c.Content.Value
		if c.Sensitive {
			a[kind.String()] = nil
		}
	}
	if c.Action == plan.NoOp && c.Base != nil && c.Base.MessageID != "" {
		a["id"] = c.Base.MessageID
	}
	return a
}

// outputsJSON gives each output with the message ids that are known.
func (d *PlanDoc) outputsJSON() map[string]outputJSON {
	ids := make(map[string]string)
	if len(d.Outputs) > 0 {
		for _, c := range d.changes {
			if c.Action == plan.NoOp && c.Base != nil && c.Base.MessageID != "" {
				ids[c.Addr.String()] = c.Base.MessageID
			}
		}
	}
	out := make(map[string]outputJSON, len(d.Outputs))
	for _, o := range d.Outputs {
		j := outputJSON{Actions: []string{"no-op"}, AfterSensitive: o.Sensitive}
		value, known := o.JSON, true
		if len(o.Refs) > 0 {
			value, known = resolve(o.JSON, ids)
		}
		switch {
		case !known:
			j.AfterUnknown, j.Actions = true, []string{"create"}
		case !o.Sensitive && json.Valid(value):
			j.After = value
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
	v, err := decodeValue(data)
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
