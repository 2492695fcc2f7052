package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"herald/apply/survey"
	"herald/config"
	"herald/config/addr"
	"herald/internal/view"
	"herald/internal/view/jsondoc"
	"herald/internal/view/progress"
	"herald/internal/view/text"
	"herald/plan"
	"herald/state"
)

// recoverOptions are the flags of the recover command.
type recoverOptions struct {
	inputs
	recordFlags
	json, verbose bool
	autoApprove   bool
	input         bool
	unedited      bool
	adoptMedia    bool
	lostAfter     time.Time
	sandbox       bool
}

func (a *App) recoverCommand() command {
	o := &recoverOptions{input: true}
	flags := []flag{
		boolFlag(&o.autoApprove, "auto-approve", "Do not ask before recording. What was found is recorded now and then while it reads, so that a run that is killed is gone on with."),
		boolFlag(&o.input, "input", "-input=false never asks: without -auto-approve nothing is done."),
		momentFlag(&o.lostAfter, "lost-after", "What the record lacks was sent after that time, as in 2026-07-01T10:00:00Z: the time of the backup that was put back. No conversation must be read further back then."),
		boolFlag(&o.unedited, "unedited", "No text was changed since it was sent, so one that is not in its conversation word for word was not sent, whatever other messages of the account's are there."),
		boolFlag(&o.adoptMedia, "adopt-media", "Take a picture, sound, video, sticker or post for the declared one if it is the only one of its kind in its conversation and in the files. Nothing proves that."),
		boolFlag(&o.json, "json", "Write a JSON document. Never asks."),
		boolFlag(&o.verbose, "verbose", "Show everything, however long."),
		boolFlag(&o.sandbox, "sandbox", "Use the local Instagram and its record."),
	}
	flags = append(flags, o.inputs.flags()...)
	flags = append(flags, o.recordFlags.write()...)
	return command{
		name: "recover", synopsis: "Find out what was sent where the record is lost or stale, and send nothing.",
		help: `Reads the conversation of every recipient in the configuration for whom something is not recorded as sent, and looks for messages of the account's that equal it. It shows what it found, asks, and records that as sent. It needs the token, and sends nothing, whatever it finds.

Only what is certain is adopted: a text that is there word for word, as often as it is declared. What is certainly not there stays as it is, and the next apply sends it. What cannot be told is recorded as in doubt, so that no apply sends it, and is left to a person: a conversation with more than 20 newer messages, of which Instagram shows no more; media, which comes back under another address; a conversation with other messages of the account's, which may be earlier wordings.

Look into the conversation, in the app, and say what you see:

  herald resolve ADDRESS... -sent
  herald resolve ADDRESS... -not-sent

An address may be that of a block, and a star stands for anything: it shows what it covers, and asks.

It may be run again, and goes on where it was interrupted. See that no other run is sending meanwhile: that a message is not there is believed a time of grace (settle_after) after the beginning.

Exit codes: 0 everything is known; 1 an error or a declined question, nothing was recorded; 4 something is not known; 5 refused, because of the record.`,
		flags:  flags,
		action: func(ctx context.Context, _ []string) int { return a.runRecover(ctx, o) },
	}
}

// momentFlag takes a time.
func momentFlag(dst *time.Time, name, usage string) flag {
	return listFlag(func(s string) error {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return errors.New("it takes a time with its zone, as in 2026-07-01T10:00:00Z")
		}
		*dst = t
		return nil
	}, "TIME", usage, name)
}

// recovery is one run of the command.
type recovery struct {
	app     *App
	opts    *recoverOptions
	cfg     *config.Config
	names   map[string]string // accounts by IG id
	store   state.Store
	session state.Session
	left    []string      // files of a lost record
	found   *state.Record // as it was loaded, nil if there was none
	record  *state.Record // as it is stored now, nil if none is
	plan    *plan.Plan
	told    hcl.Diagnostics
	saved   time.Time
	broken  error // something could not be recorded
}

func (a *App) runRecover(ctx context.Context, o *recoverOptions) int {
	if diags := o.check(a); diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	req := &request{inputs: o.inputs, recordFlags: o.recordFlags, sandbox: o.sandbox}
	cfg, want, diags := a.wanted(req)
	r := &recovery{app: a, opts: o, cfg: cfg, names: req.names}
	r.report(diags)
	if diags.HasErrors() {
		return exitError
	}
	return r.locked(ctx, want)
}

// check returns an error if nobody has approved and nobody can be asked.
func (o *recoverOptions) check(a *App) hcl.Diagnostics {
	if o.lostAfter.After(a.Now()) {
		return fail("Time is yet to come", "The option -lost-after says from when on the record may lack something, and that time has not come yet. With it everything that is not found would count as not sent. Give the time of the backup that was put back.")
	}
	if o.autoApprove || o.input && !o.json && isTerminal(a.Stdin) {
		return nil
	}
	return fail("Nobody to ask", "Before it records anything, recover shows what it found and asks, and here there is no terminal to ask at (or -json or -input=false forbids it). What it would find is shown by:\n\n  herald plan -refresh\n\nTo do without the question:\n\n  herald recover -auto-approve")
}

// report writes diagnostics, and keeps them for the document.
func (r *recovery) report(diags hcl.Diagnostics) {
	r.told = append(r.told, diags...)
	r.app.reportIn(diags, sourcesOf(r.cfg))
}

// refuse reports why the recovery cannot go on.
func (r *recovery) refuse(err error) int {
	r.report(failure(err))
	return exitCode(err)
}

// locked takes the lock and does everything under it.
func (r *recovery) locked(ctx context.Context, want *config.Wanted) (code int) {
	a := r.app
	store, err := a.store(r.opts.recordFlags, r.opts.sandbox)
	if err != nil {
		return r.refuse(err)
	}
	session, err := store.Lock(ctx, a.holder("recover"), r.opts.lockTimeout)
	if err != nil {
		r.report(lockFailure(store, err))
		return exitCode(err)
	}
	r.store, r.session = store, session
	defer func() {
		if err := session.Unlock(); err != nil {
			r.report(failure(err))
			code = max(code, exitError)
		}
	}()
	if code, ok := r.load(ctx); !ok {
		return code
	}
	if code, ok := r.concerned(want); !ok {
		return code
	}
	conn, err := a.connect(link{plan: r.plan, configured: slices.Collect(maps.Values(r.names)), local: r.opts.sandbox})
	if err != nil {
		return r.refuse(err)
	}
	code = r.conclude(ctx, r.read(ctx, conn))
	if err := conn.close(); err != nil {
		r.report(failure(err))
	}
	return code
}

// leftover is a session that knows what is left of a lost record, and can keep
// it under other names.
type leftover interface {
	Leftovers() []string
	LoadAlone(ctx context.Context) (*state.Record, error)
	Restore(ctx context.Context, r *state.Record) error
	Journal() string
}

// remains warns that there is more of the lost record than the conversations
// tell.
func (r *recovery) remains() {
	if len(r.left) == 0 {
		return
	}
	names := make([]string, len(r.left))
	for i, path := range r.left {
		names[i] = filepath.Base(path)
	}
	if r.found != nil {
		r.report(hcl.Diagnostics{{
			Severity: hcl.DiagWarning, Summary: "Journal does not belong to the record",
			Detail: fmt.Sprintf("The journal %s does not go on from the record at %s, so the record is an old one or the journal is damaged. What the journal holds is not used; the conversations tell. If you go on, it is kept, with \".lost\" behind its name.", names[0], r.store.Location()),
		}})
		return
	}
	r.report(hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Something is left of the lost record",
		Detail: fmt.Sprintf("There is no record at %s, but %s. A record that is put back, from version control or from its backup, knows more than the conversations tell, even if it is an old one: put it back if you can, and let recover add what it lacks. If you go on, these files are kept, with \".lost\" behind their names.",
			r.store.Location(), strings.Join(names, " and ")),
	}})
}

// loadLeft reads what can be read of a record that is not whole: nothing where
// its snapshot is gone, and the snapshot alone where the journal does not belong
// to it, as with an old record that was put back.
func (r *recovery) loadLeft(ctx context.Context, left leftover, err error) (*state.Record, error) {
	if r.left = left.Leftovers(); r.left != nil {
		return nil, state.ErrNoRecord
	}
	var damaged *state.FormatError
	if !errors.As(err, &damaged) {
		return nil, err
	}
	rec, alone := left.LoadAlone(ctx)
	if alone != nil {
		return nil, err
	}
	r.left = []string{left.Journal()}
	return rec, nil
}

// load reads the record, if there is one, unless another one is the right one.
func (r *recovery) load(ctx context.Context) (int, bool) {
	rec, err := r.session.Load(ctx)
	if left, ok := r.session.(leftover); ok && err != nil {
		rec, err = r.loadLeft(ctx, left, err)
	}
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		return r.refuse(err), false
	}
	if err != nil {
		rec = nil
		if diags := r.app.elsewhere(r.store); diags.HasErrors() {
			r.report(diags)
			return exitRefused, false
		}
	}
	if diags := r.app.unpushed(r.store, rec); diags.HasErrors() {
		r.report(diags)
		return exitRefused, false
	}
	r.found, r.record = rec, rec
	return exitOK, true
}

// concerned makes the plan of what is to be looked for. What limits a run, and
// what holds a message, is about sending and does not matter here.
func (r *recovery) concerned(want *config.Wanted) (int, bool) {
	unlimited := *want
	unlimited.Limits = config.Limits{}
	p, diags := plan.Build(plan.Input{Wanted: &unlimited, Record: r.found})
	if diags.HasErrors() {
		r.report(diags)
		return exitError, false
	}
	s := survey.Survey{}
	looked := *p
	looked.Changes = nil
	n := 0
	for _, c := range p.Changes {
		if s.Concerns(c) {
			n++
		} else if c.Action != plan.Import {
			continue
		}
		free := *c
		free.HeldBy = addr.Instance{}
		looked.Changes = append(looked.Changes, &free)
	}
	r.plan = &looked
	if n == 0 {
		r.nothing()
		return exitOK, false
	}
	if diags := r.checkEndpoints(); diags.HasErrors() {
		r.report(diags)
		return exitRefused, false
	}
	r.remains()
	return exitOK, true
}

// nothing says that there is nothing to look for.
func (r *recovery) nothing() {
	if r.opts.json {
		r.show(&survey.Report{}, false)
		return
	}
	r.app.say("There is nothing to recover: all that the configuration declares is recorded.")
}

// checkEndpoints refuses an account that was applied with another endpoint than
// the configuration has: what a simulator tells is not what was sent for real.
func (r *recovery) checkEndpoints() hcl.Diagnostics {
	if r.found == nil {
		return nil
	}
	var changed []string
	for _, a := range r.plan.Accounts {
		if old, ok := r.found.Endpoints[a.IGID]; ok && old != a.Endpoint {
			changed = append(changed, fmt.Sprintf("  account %q: recorded %s, configured %s", a.Name, old, a.Endpoint))
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return fail("Endpoint changed", "The record tells of messages that went to another endpoint than the configuration's, and what one of them has is not what the other was sent. Nothing was read.\n\n"+strings.Join(changed, "\n")+"\n\nGive the account its recorded endpoint, and run recover again.")
}

// saveEvery is how often what was found is recorded while more is read, where
// nobody is asked.
const saveEvery = 30 * time.Second

// read reads the conversations, with a display of its progress.
func (r *recovery) read(ctx context.Context, conn *connection) *survey.Report {
	a := r.app
	ctx, stop := a.interruptible(ctx)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.session.Context(), cancel)() // without the lock nothing can be recorded
	progress := a.surveyProgress(r.opts.json)
	defer progress.Close()
	r.saved = a.Now()
	return survey.Survey{
		Plan: r.plan, Record: r.found, Client: conn, LostAfter: r.opts.lostAfter, Unedited: r.opts.unedited, Media: r.opts.adoptMedia,
		Observe: func(e survey.Event) {
			progress.Observe(e)
			if r.opts.autoApprove && e.Type == survey.Progressed && a.Now().Sub(r.saved) >= saveEvery && r.broken == nil {
				if r.broken = r.write(context.WithoutCancel(ctx), e.Report()); r.broken != nil {
					cancel()
				}
				r.saved = a.Now()
			}
		},
	}.Do(ctx)
}

// surveyProgress shows how far the reading is: on standard output, unless that
// is for a document.
func (a *App) surveyProgress(document bool) *progress.Survey {
	w := a.Stdout
	if document {
		w = a.Stderr
	}
	return progress.NewSurvey(w, progress.Options{
		TTY: isTerminal(w), Width: func() int { return width(w) }, Color: a.textOptions(w).Color, Now: a.Now,
	})
}

// conclude shows what was found, asks, and records it.
func (r *recovery) conclude(ctx context.Context, rep *survey.Report) int {
	r.report(stoppedReading(rep))
	switch {
	case r.broken != nil:
		return r.refuse(r.broken)
	case rep.Blind():
		r.app.tell("Nothing was read, and nothing was recorded.")
		return exitError
	}
	if !r.opts.json {
		r.show(rep, false)
	}
	if !r.opts.autoApprove && (r.found == nil || len(rep.Entries(r.record, r.app.Now())) > 0) &&
		!r.app.ask(r.app.Stdout, "Do you want to record this?", "What was found is recorded as sent, what is not known as in doubt. Nothing is sent. Only \"yes\" is taken as a yes.") {
		r.app.say("\nRecover cancelled. Nothing was recorded.")
		return exitError
	}
	if err := r.write(context.WithoutCancel(ctx), rep); err != nil {
		return r.refuse(err)
	}
	doc := r.document(rep, true)
	if r.opts.json {
		r.show(rep, true)
	} else {
		r.app.say("\n" + doc.Result())
		if advice := doc.Advice(); advice != "" {
			r.app.say("\n" + advice)
		}
	}
	if rep.Unsure(r.found) {
		return exitDoubt
	}
	return exitOK
}

// exitDoubt is the exit code where something is not known.
const exitDoubt = 4

// stoppedReading says why the conversations of an account could not be read: as
// an error where none could.
func stoppedReading(rep *survey.Report) hcl.Diagnostics {
	var diags hcl.Diagnostics
	severity := hcl.DiagWarning
	if rep.Blind() {
		severity = hcl.DiagError
	}
	for _, s := range rep.Stopped {
		diags = append(diags, &hcl.Diagnostic{
			Severity: severity, Summary: "Account stopped",
			Detail: strings.TrimSpace(fmt.Sprintf("The conversations of the account %q could not be read, or not all of them. %s %s", s.Account.Name, s.Outcome.Explain, s.Outcome.Remedy)),
		})
	}
	return diags
}

// write records what follows from the report, all of it in one snapshot, or
// nothing. A new record holds at once what was not read yet, as in doubt.
func (r *recovery) write(ctx context.Context, rep *survey.Report) error {
	rec := state.NewRecord(newLineage())
	changed := r.record == nil
	if r.record != nil {
		rec = r.record.Clone()
	}
	for _, m := range r.plan.Moves {
		changed = rec.Move(m.From, m.To) || changed
	}
	for _, e := range rep.Entries(rec, r.app.Now()) {
		rec.Put(e)
		changed = true
	}
	for i := range r.plan.Accounts {
		a := &r.plan.Accounts[i]
		asked := !slices.ContainsFunc(rep.Stopped, func(s survey.Stop) bool { return s.Account.IGID == a.IGID })
		if asked && rec.Endpoints[a.IGID] != a.Endpoint {
			rec.Endpoints[a.IGID] = a.Endpoint
			changed = true
		}
	}
	if !changed && len(r.left) == 0 {
		return nil
	}
	store := r.session.Snapshot
	if len(r.left) > 0 {
		store = r.session.(leftover).Restore
	}
	if err := store(ctx, rec); err != nil {
		return err
	}
	r.record, r.left = rec, nil
	return nil
}

func (r *recovery) document(rep *survey.Report, recorded bool) *view.RecoverDoc {
	opts := view.RecoverOptions{
		Names: r.names, New: r.found == nil && r.record != nil, Recorded: recorded, Diagnostics: r.told, Sources: sourcesOf(r.cfg),
	}
	if r.record != nil {
		opts.Lineage = r.record.Lineage
	}
	return view.NewRecoverDoc(rep, r.found, opts)
}

// show writes the document.
func (r *recovery) show(rep *survey.Report, recorded bool) {
	a, doc := r.app, r.document(rep, recorded)
	f := format{json: r.opts.json, verbose: r.opts.verbose}
	if err := a.render(a.Stdout, f, recoverDocument(doc)); err != nil {
		a.report(failure(err))
	}
}

func recoverDocument(doc *view.RecoverDoc) document {
	return document{
		text: func(w io.Writer, opts text.Options) error { return text.Recover(w, doc, opts) },
		json: func(w io.Writer) error { return jsondoc.Recover(w, doc) },
	}
}
