package stream

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/receipt"
	"herald/internal/view/safe"
	"herald/plan"
)

// UIVersion is the version of the lines of a Stream, as their first one has it.
const UIVersion = "1.0"

// streamModule is the @module of every line.
const streamModule = "herald.ui"

// progressEvery is how often an action that goes on is heard of.
const progressEvery = 10 * time.Second

// Options say how a Stream writes.
type Options struct {
	// Version is Herald's own version, without a v: it stands in the first line.
	Version string
	// Now is the clock of the lines; nil stands for time.Now.
	Now func() time.Time
	// Sources returns the bytes of a configuration file for the snippets of
	// diagnostics, or nil; it may be nil itself.
	Sources func(file string) []byte
}

// Stream writes what happens as JSON lines, in the manner and with the names
// of Terraform's machine-readable UI: a version first, then planned changes,
// what becomes of each action, summaries, outputs and diagnostics. The lines
// hold no message text, no recipient and no token.
//
// Its methods may be called concurrently; each line is one Write. After a
// failed Write nothing more is written, and Err returns its error.
type Stream struct {
	w    io.Writer
	opts Options

	mu      sync.Mutex
	err     error
	active  map[*plan.Change]*activity // begun and not ended
	ended   map[*plan.Change]bool
	waiting map[string]time.Time // until when an account waits for a rate limit, by IG id
	quit    chan struct{}        // closed to end the ticking; nil while nothing ticks
	ticking sync.WaitGroup
}

// activity is an action under way.
type activity struct {
	began    time.Time
	told     time.Time // of the latest apply_progress; zero if there was none
	settling bool
}

// head stands in every line, under Terraform's names.
type head struct {
	Level     string `json:"@level"` // info, warn or error
	Message   string `json:"@message"`
	Module    string `json:"@module"`
	Timestamp string `json:"@timestamp"` // RFC 3339, UTC, microseconds
	Type      string `json:"type"`
}

type versionLine struct {
	head
	Herald string `json:"herald"`
	UI     string `json:"ui"`
}

type diagnosticLine struct {
	head
	Diagnostic jsondoc.Diagnostic `json:"diagnostic"`
}

type outputsLine struct {
	head
	Outputs map[string]jsondoc.OutputValue `json:"outputs"`
}

type plannedLine struct {
	head
	Change plannedJSON `json:"change"`
}

// plannedJSON is a change that is planned, without its content.
type plannedJSON struct {
	Resource         resourceJSON  `json:"resource"`
	PreviousResource *resourceJSON `json:"previous_resource,omitempty"`
	Action           string        `json:"action"`
	Reason           string        `json:"reason,omitempty"`
	Importing        *importedJSON `json:"importing,omitempty"`
	Revision         int           `json:"revision"`
	HeldBy           string        `json:"held_by,omitempty"`
	HeldReason       string        `json:"held_reason,omitempty"`
}

// importedJSON says that a message was sent by hand and is recorded only.
type importedJSON struct {
	ID string `json:"id"`
}

// resourceJSON is an address, taken apart as Terraform does.
type resourceJSON struct {
	Addr            string  `json:"addr"`
	Module          string  `json:"module"`   // always "": there are no modules
	Resource        string  `json:"resource"` // the same as addr
	ImpliedProvider string  `json:"implied_provider"`
	ResourceType    string  `json:"resource_type"`
	ResourceName    string  `json:"resource_name"`
	ResourceKey     *string `json:"resource_key"`
}

type summaryLine struct {
	head
	Changes changesJSON        `json:"changes"`
	PlanID  string             `json:"plan_id"`
	Planned *view.Counts       `json:"planned,omitempty"`  // with operation plan
	Applied *receipt.RunCounts `json:"applied,omitempty"`  // with operation apply
	Done    *bool              `json:"complete,omitempty"` // with operation apply: nothing is left to be done
}

// changesJSON are Terraform's counts.
type changesJSON struct {
	Add       int    `json:"add"`
	Change    int    `json:"change"`
	Import    int    `json:"import"`
	Remove    int    `json:"remove"`
	Operation string `json:"operation"` // plan or apply
}

// New returns a stream that writes to w, and writes its first line. What
// it starts is ended by an event RunEnded, by Run, or by Close.
func New(w io.Writer, o Options) *Stream {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Stream{
		w: w, opts: o,
		active: make(map[*plan.Change]*activity), ended: make(map[*plan.Change]bool), waiting: make(map[string]time.Time),
	}
	s.write(versionLine{s.head("info", "version", "Herald "+o.Version), o.Version, UIVersion})
	return s
}

// Err returns the error of the first Write that failed, or nil.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Plan writes a line for each change of the plan with something to do or to
// move, and their summary.
func (s *Stream) Plan(d *view.PlanDoc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := changesJSON{Operation: "plan"}
	for _, c := range d.Changes {
		if c.Action == plan.NoOp && c.MovedFrom.IsZero() {
			continue
		}
		if !c.Held() {
			sum.add(c.Action)
		}
		s.write(plannedLine{s.head("info", "planned_change", safe.Line(c.Key().String())+": "+plannedWords(c)), planned(c)})
	}
	s.write(summaryLine{head: s.head("info", "change_summary", d.Summary()), Changes: sum, PlanID: d.ID, Planned: &d.Counts})
}

func planned(c *plan.Change) plannedJSON {
	j := plannedJSON{Resource: resource(c.Addr), Action: streamAction(c.Action), Reason: string(c.Reason), Revision: max(1, c.Revision)}
	if !c.MovedFrom.IsZero() {
		from := resource(c.MovedFrom)
		j.PreviousResource = &from
		if c.Action == plan.NoOp {
			j.Action = "move"
		}
	}
	if c.Action == plan.Import {
		j.Importing = &importedJSON{ID: c.ImportID}
	}
	if c.Held() {
		j.HeldBy, j.HeldReason = c.HeldBy.String(), string(c.HeldWhy)
	}
	return j
}

func plannedWords(c *plan.Change) string {
	switch {
	case c.Held():
		return "Planned to " + c.Action.String() + ", held by " + safe.Line(c.HeldBy.String())
	case c.Action == plan.NoOp:
		return "Plan to move from " + safe.Line(c.MovedFrom.String())
	}
	return "Plan to " + c.Action.String()
}

// add counts an action as Terraform would.
func (n *changesJSON) add(a plan.Action) {
	switch a {
	case plan.Send, plan.React:
		n.Add++
	case plan.Rereact, plan.Repeat:
		n.Change++
	case plan.Retarget:
		n.Add++
		n.Remove++
	case plan.Unreact:
		n.Remove++
	case plan.Import:
		n.Import++
	case plan.NoOp, plan.Settle, plan.Forget:
	}
}

// streamAction names an action as the lines of Terraform do.
func streamAction(a plan.Action) string {
	switch a {
	case plan.Send, plan.React:
		return "create"
	case plan.Rereact, plan.Repeat:
		return "update"
	case plan.Retarget:
		return "replace"
	case plan.Unreact:
		return "delete"
	case plan.Settle:
		return "read"
	case plan.Import:
		return "import"
	case plan.Forget:
		return "remove"
	case plan.NoOp:
	}
	return "noop"
}

func resource(a addr.Instance) resourceJSON {
	j := resourceJSON{
		Addr: a.String(), Resource: a.String(), ImpliedProvider: "herald",
		ResourceType: a.Kind.String(), ResourceName: a.Name,
	}
	if a.Keyed {
		j.ResourceKey = &a.Key
	}
	return j
}

// Diagnostics writes a line for each diagnostic.
func (s *Stream) Diagnostics(diags hcl.Diagnostics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range jsondoc.DiagnosticList(diags, s.opts.Sources) {
		level, word := "error", "Error: "
		if d.Severity == "warning" {
			level, word = "warn", "Warning: "
		}
		s.write(diagnosticLine{s.head(level, "diagnostic", word+safe.Line(d.Summary)), d})
	}
}

// Outputs writes the outputs in one line, and nothing if there are none. The
// value of a sensitive one is withheld.
func (s *Stream) Outputs(outs []view.Output) {
	if len(outs) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(outputsLine{s.head("info", "outputs", "Outputs: "+content.Thousands(len(outs))), jsondoc.ShownOutputs(outs)})
}

// Run writes how each action ended of which no event has told, and the
// summary of the run.
func (s *Stream) Run(d *receipt.RunDoc) {
	s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := changesJSON{Operation: "apply"}
	for i := range d.Receipts {
		r := &d.Receipts[i]
		if r.Result == apply.ResultDone && r.Settled == apply.NotSettled {
			sum.count(r.Change.Action)
		}
		if !d.Refused && !s.ended[r.Change] {
			s.end(r.Change, ending{result: r.Result, outcome: r.Outcome, id: r.MessageID, because: r.Because, settled: r.Settled, undecided: r.Undecided})
		}
	}
	level, complete := "info", d.Complete()
	if !complete {
		level = "warn"
	}
	s.write(summaryLine{head: s.head(level, "change_summary", d.Summary()), Changes: sum, PlanID: d.PlanID, Applied: &d.Counts, Done: &complete})
}

// count counts what was done: a message that was in doubt and is sent again is
// a new one.
func (n *changesJSON) count(a plan.Action) {
	if a == plan.Settle {
		a = plan.Send
	}
	n.add(a)
}

func (s *Stream) head(level, kind, message string) head {
	return head{
		Level: level, Message: message, Module: streamModule, Type: kind,
		Timestamp: s.opts.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"),
	}
}

// write writes one line. The caller holds the lock, but for the first line.
func (s *Stream) write(line any) {
	if s.err != nil {
		return
	}
	if err := jsondoc.Write(s.w, line); err != nil {
		s.err = fmt.Errorf("writing the JSON lines: %w", err)
	}
}
