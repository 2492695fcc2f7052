package view

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/config/content"
	"herald/internal/view/odd"
	"herald/internal/view/wording"
	"herald/plan"
	"herald/state"
)

// DefaultEndpoint is where a message goes unless an account says otherwise.
const DefaultEndpoint = "https://graph.instagram.com"

// PlanOptions are what a plan's document needs beside the plan.
type PlanOptions struct {
	// Diagnostics are the warnings to be shown in formats that hold all in one
	// document: JSON and Markdown. For a terminal see Diagnostics.
	Diagnostics hcl.Diagnostics
	// Sources returns the bytes of a configuration file, or nil; it may be nil.
	Sources func(file string) []byte
	// Names are the names of accounts by their IG id, for those that the plan
	// does not send from; it may be nil.
	Names map[string]string
	// Sandbox says that the plan is one for the built-in local Instagram.
	Sandbox bool
	// Since is the plan that was reviewed before, nil if there is none: what
	// differs from it is told, and it knows the texts that were sent.
	Since *plan.Plan
	// Saved says that the plan was read from a file: when it expires is told.
	// The formats that are the same for the same plan, JSON and Markdown, hold
	// no clock time and do not tell it.
	Saved bool
	// Claimed is the id of the plan that this machine has prepared and may still
	// send, "" if there is none.
	Claimed string
	// Variables are the values that the plan was made with, for JSON; nil where
	// they are not known, as of a saved plan.
	Variables []Variable
	// Refresh is what Instagram told about the plan; nil where it was not asked.
	Refresh *Refresh
}

// Variable is the value of an input variable.
type Variable struct {
	Name      string
	Sensitive bool
	JSON      []byte // the value; never shown of a sensitive one
}

// PlanDoc is a plan as it is shown: by conversation and in order.
type PlanDoc struct {
	ID string
	// Lineage is "" where there was no record.
	Lineage       string
	Accounts      []plan.Account
	Elsewhere     []plan.Account // those with another endpoint than the default
	Selection     plan.Selection
	RetryRejected bool
	Conversations []*Conversation
	Moves         []plan.Move
	Outputs       []plan.Output
	Counts        Counts
	// Marked counts the addresses whose content has marks, of those that are
	// shown.
	Marked  int
	Expires time.Time // zero: never, or the plan is not a saved one
	// Differences and Settings are what differs from the plan Since.
	Differences []plan.Difference
	Settings    []plan.Setting
	// Changes are all of the plan, those that are not shown too, in its order.
	Changes []*plan.Change
	PlanOptions

	names map[string]string // accounts by IG id
	odd   map[*plan.Change][]odd.Mark
	sent  map[string]string // texts of Since by their fingerprint, sensitive ones apart
}

// Conversation is what a plan has to say about one account and one person.
type Conversation struct {
	Account   string // name; the IG id where the plan has no such account
	Recipient string // IGSID
	// Person is the instance key that all keyed addresses of the conversation
	// share: the name of the person, as a rule. It is "" if there is none.
	Person  string
	Changes []*plan.Change

	mixed bool // there are several keys
}

// NewPlanDoc makes the document of a plan. The plan must not change afterwards.
func NewPlanDoc(p *plan.Plan, opts PlanOptions) *PlanDoc {
	d := &PlanDoc{
		ID: p.ID, Lineage: p.Lineage, Accounts: p.Accounts, Selection: p.Selection, RetryRejected: p.RetryRejected,
		Moves: p.Moves, Outputs: p.Outputs, PlanOptions: opts,
		Changes: p.Changes, names: make(map[string]string, len(p.Accounts)), odd: make(map[*plan.Change][]odd.Mark),
	}
	maps.Copy(d.names, opts.Names)
	for _, a := range p.Accounts {
		d.names[a.IGID] = a.Name
		if a.Endpoint != DefaultEndpoint {
			d.Elsewhere = append(d.Elsewhere, a)
		}
	}
	if opts.Saved {
		d.Expires = p.Expires
	}
	if opts.Since != nil {
		d.sent = texts(opts.Since)
		d.Differences, d.Settings = plan.Compare(opts.Since, p), plan.CompareSettings(opts.Since, p)
	}
	d.Counts.Retired = p.Retired
	d.Counts.Moved = len(p.Moves)
	byKey := make(map[state.Conversation]*Conversation)
	for _, c := range p.Changes {
		d.Counts.Add(c)
		if !Noteworthy(c) {
			continue
		}
		if found := marks(c); found != nil {
			d.odd[c] = found
			d.Marked++
		}
		conv := byKey[c.Conversation()]
		if conv == nil {
			conv = &Conversation{Account: d.AccountName(c.Account), Recipient: c.Recipient}
			byKey[c.Conversation()] = conv
			d.Conversations = append(d.Conversations, conv)
		}
		conv.add(c)
	}
	return d
}

// texts returns what the plan sends, by fingerprint.
func texts(p *plan.Plan) map[string]string {
	sent := make(map[string]string)
	for _, c := range p.Changes {
		if !c.Sensitive && (c.Content.Kind == content.Text || c.Content.Kind == content.Link) {
			sent[content.Fingerprint(c.Account, c.Recipient, c.Content)] = c.Content.Value
		}
	}
	return sent
}

// SentText returns the text that was sent with that fingerprint; false if it is
// not known.
func (d *PlanDoc) SentText(fingerprint string) (string, bool) {
	text, ok := d.sent[fingerprint]
	return text, ok
}

// AccountName is the name of the account with that IG id; the id itself where the
// plan has no such account.
func (d *PlanDoc) AccountName(igID string) string {
	if name := d.names[igID]; name != "" {
		return name
	}
	return igID
}

func (conv *Conversation) add(c *plan.Change) {
	conv.Changes = append(conv.Changes, c)
	switch {
	case !c.Addr.Keyed || conv.mixed:
	case conv.Person == "":
		conv.Person = c.Addr.Key
	case conv.Person != c.Addr.Key:
		conv.Person, conv.mixed = "", true
	}
}

// Noteworthy reports whether a change is shown: all that is to be done, and
// what is not done although somebody might expect it.
func Noteworthy(c *plan.Change) bool {
	return c.Action != plan.NoOp || slices.Contains(shownNoOps[:], c.Reason)
}

var shownNoOps = [...]plan.Reason{plan.EditedAfterSent, plan.RevisionLowered, plan.RejectedFinal, plan.InDoubt}

// Empty reports whether there is nothing to do, to hold or to record.
func (d *PlanDoc) Empty() bool { return d.Counts.Pending()+d.Counts.Held+d.Counts.Recorded() == 0 }

// Summary is the plan in one line: "Plan: 3 to send, 1 to react, 0 to unreact,
// 1 to settle, 2 held."
func (d *PlanDoc) Summary() string {
	n := d.Counts
	switch {
	case !d.Empty():
	case n.Rejected+n.InDoubt > 0:
		return "Nothing to do now. Not everything that should have been sent is recorded as sent."
	case n.NotSelected > 0:
		return "No changes. Everything that was selected is recorded as sent."
	case n.AlreadySent+n.AlreadyReacted+n.Edited+n.Lowered == 0:
		return "No changes. There is nothing to send."
	default:
		return "No changes. Everything that should have been sent is recorded as sent."
	}
	parts := []string{
		content.Thousands(n.Send) + " to send", content.Thousands(n.React) + " to react", content.Thousands(n.Unreact) + " to unreact",
	}
	parts = wording.AppendCounts(parts, []wording.Counted{{n.Repeat, "to repeat"}, {n.Settle, "to settle"}, {n.Held, "held"}, {n.Moved, "moved"}, {n.Import, "to record as sent by hand"}, {n.Forget, "to forget"}})
	return "Plan: " + strings.Join(parts, ", ") + "."
}

// Rest counts in one line what is not shown or stays as it is; it may be "".
func (d *PlanDoc) Rest() string {
	n := d.Counts
	parts := wording.AppendCounts(nil, []wording.Counted{
		{n.AlreadySent, "already sent"},
		{n.AlreadyReacted, "already reacted"},
		{n.Edited, "edited after sending"},
		{n.Lowered, "with a lowered revision"},
		{n.Rejected, "refused for good"},
		{n.InDoubt, "in doubt"},
		{n.NotSelected, "not selected"},
		{n.Retired, "retired"},
	})
	if len(parts) == 0 {
		return ""
	}
	return "Besides: " + strings.Join(parts, ", ") + "."
}

// NoRecord says in sentences what it means that the plan has no lineage; it is
// "" where there was a record.
func (d *PlanDoc) NoRecord() string {
	switch {
	case d.Lineage != "":
		return ""
	case d.Sandbox:
		return "The sandbox has no record yet, so everything counts as not sent."
	}
	return "There is no record here (lineage: null), so everything counts as not sent. " +
		"If messages were sent from here before, their record is lost: put it back before an apply. If not, apply with -new-record."
}

// Warnings are the lines that stand at the very top: where anything is sent
// but to Instagram, and which part of the configuration was left out.
func (d *PlanDoc) Warnings() []wording.Words {
	var lines []wording.Words
	if d.Sandbox {
		lines = append(lines, wording.Words{wording.Plain("Sandbox: a local Instagram takes everything; nothing leaves this machine.")})
	} else {
		for i, a := range d.Elsewhere {
			if i == maxAccounts {
				lines = append(lines, wording.Words{wording.Plain("So do " + wording.Count(len(d.Elsewhere)-i, "more account", "more accounts") + ": another endpoint is theirs.")})
				break
			}
			lines = append(lines, wording.Words{
				wording.Plain("Account "), wording.Named(a.Name), wording.Plain(" sends to "), wording.Named(a.Endpoint),
				wording.Plain(", not to "), wording.Named(strings.TrimPrefix(DefaultEndpoint, "https://")), wording.Plain("."),
			})
		}
	}
	if len(d.Selection.Only)+len(d.Selection.Exclude) > 0 {
		line := wording.Words{wording.Plain("A part of the configuration only:")}
		flags := slices.Concat(prefixed("-only=", d.Selection.Only), prefixed("-exclude=", d.Selection.Exclude))
		for i, flag := range flags {
			if i == maxFlags {
				line = append(line, wording.Plain(" and "+content.Thousands(len(flags)-i)+" more"))
				break
			}
			line = append(line, wording.Plain(" "), wording.Named(flag))
		}
		lines = append(lines, line)
	}
	if d.RetryRejected {
		lines = append(lines, wording.Words{wording.Plain("Messages that were refused for good are tried again (-retry-rejected).")})
	}
	return lines
}

// maxAccounts is how many accounts with another endpoint are named, and
// maxNamed how many addresses with marks.
const maxAccounts, maxNamed = 5, 5

// MarkedWarning says that messages look odd and which, nil if none does. It
// stands at the top: the notes below the messages may be among what is left
// out.
func (d *PlanDoc) MarkedWarning() []wording.Words {
	if d.Marked == 0 {
		return nil
	}
	line := wording.Words{wording.Plain(wording.Count(d.Marked, "message looks odd", "messages look odd") + ": ")}
	n := 0
	for _, conv := range d.Conversations {
		for _, c := range conv.Changes {
			if d.odd[c] == nil {
				continue
			}
			if n++; n > maxNamed {
				continue
			}
			if n > 1 {
				line = append(line, wording.Plain(", "))
			}
			line = append(line, wording.Named(c.Addr.String()))
		}
	}
	if n > maxNamed {
		line = append(line, wording.Plain(" and "+content.Thousands(n-maxNamed)+" more"))
	}
	return []wording.Words{append(line, wording.Plain("."))}
}

// maxFlags is how many patterns of a selection are written out.
const maxFlags = 10

func prefixed(prefix string, all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = prefix + s
	}
	return out
}

// Marks are what is odd about the content of a change, nil if nothing is. Of a
// sensitive one the pieces are left out.
func (d *PlanDoc) Marks(c *plan.Change) []odd.Mark {
	if Noteworthy(c) {
		return d.odd[c] // looked for once
	}
	return marks(c)
}

// OddRest says how many of the changes that are left out have marks.
func (d *PlanDoc) OddRest(rest []*plan.Change) string {
	n := 0
	for _, c := range rest {
		if d.Marks(c) != nil {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 of which looks odd"
	}
	return ", " + content.Thousands(n) + " of which look odd"
}
