package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"herald/apply"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
	"herald/state/filestore"
)

const (
	claimant = "17841405822304914"
	person   = "6101234567890123"
)

// claimBench is a folder with a record, and runs on it with the real claim file.
type claimBench struct {
	t    *testing.T
	dir  string
	app  *App
	plan *plan.Plan
	now  time.Time
	// dieAfterSnapshot ends a run once its first snapshot is stored.
	dieAfterSnapshot bool
	posts            []string
	post             func(call apply.Call) apply.Outcome
}

func newClaimBench(t *testing.T) *claimBench {
	b := &claimBench{t: t, dir: t.TempDir(), now: time.Now()}
	b.app = &App{dir: b.dir, Now: func() time.Time { return b.now }}
	b.plan = &plan.Plan{ID: "sha256:p1", Lineage: "lineage", Accounts: []plan.Account{{Name: "shop", IGID: claimant, Endpoint: "https://graph.instagram.com", Rates: plan.Rates{Messages: 100, Media: 10, Reads: 2}}}}
	for _, name := range []string{"a", "b"} {
		c := &plan.Change{
			Addr: addr.Block{Kind: addr.Message, Name: name}.Only(), Revision: 1, Action: plan.Send, Reason: plan.NotSentYet,
			Account: claimant, Recipient: person, Content: content.Content{Kind: content.Text, Value: name},
		}
		c.Fingerprint = content.Fingerprint(claimant, person, c.Content)
		b.plan.Changes = append(b.plan.Changes, c)
	}
	b.locked(func(x state.Session, _ *state.Record) {
		if err := x.Snapshot(t.Context(), state.NewRecord("lineage")); err != nil {
			t.Fatal(err)
		}
	})
	return b
}

func (b *claimBench) store() state.Store { return filestore.New(b.dir, filestore.Options{}) }
func (b *claimBench) file() string       { return filepath.Join(b.dir, ".herald", "claim") }

// locked does something with the record under its lock.
func (b *claimBench) locked(do func(state.Session, *state.Record)) {
	b.t.Helper()
	x, err := b.store().Lock(b.t.Context(), state.Holder{}, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	rec, err := x.Load(b.t.Context())
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		b.t.Fatal(err)
	}
	do(x, rec)
	if err := x.Unlock(); err != nil {
		b.t.Fatal(err)
	}
}

// run is an apply as the command makes it; it returns the claim that it had.
func (b *claimBench) run(prepare bool) (rep *apply.Report, nonce, warnings string) {
	b.t.Helper()
	b.locked(func(x state.Session, rec *state.Record) {
		h, diags := b.app.claimFor(b.store(), x, rec, b.plan, prepare)
		for _, d := range diags {
			warnings += d.Summary
		}
		r := apply.Run{Plan: b.plan, Record: rec, Client: b}
		h.set(&r)
		if b.dieAfterSnapshot {
			h.Session = dying{h.Session}
		}
		nonce = r.Claim
		rep, _ = r.Do(context.Background())
		if !b.dieAfterSnapshot {
			if err := h.release(rep); err != nil {
				b.t.Fatal(err)
			}
		}
	})
	return rep, nonce, warnings
}

// dying is a session of a process that dies once its snapshot is stored.
type dying struct{ state.Session }

var errDied = errors.New("died")

func (d dying) Snapshot(ctx context.Context, r *state.Record) error {
	return errors.Join(d.Session.Snapshot(ctx, r), errDied)
}

func (b *claimBench) Identity(context.Context, *plan.Account) apply.Identity {
	return apply.Identity{Outcome: apply.Outcome{Class: apply.Accepted, Date: time.Now()}, IGID: claimant}
}

func (b *claimBench) Do(_ context.Context, _ *plan.Account, call apply.Call) apply.Outcome {
	b.posts = append(b.posts, call.Content.Value)
	if b.post != nil {
		return b.post(call)
	}
	return apply.Outcome{Class: apply.Accepted, MessageID: "mid." + call.Content.Value, Date: time.Now()}
}

// open says whether a run that begins now has a claim.
func (b *claimBench) open() bool {
	open := false
	b.locked(func(x state.Session, rec *state.Record) { open = b.app.claimedPlan(b.store(), x, rec) == b.plan.ID })
	return open
}

func (b *claimBench) want(what string, open bool) {
	b.t.Helper()
	if b.open() != open {
		b.t.Errorf("%s: the claim is good: %v, want %v", what, !open, open)
	}
}

// keep returns a copy of a file, and put writes it back.
func (b *claimBench) keep(path string) []byte {
	b.t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	return src
}

func (b *claimBench) put(path string, src []byte) {
	b.t.Helper()
	if err := os.WriteFile(path, src, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *claimBench) record() string { return filepath.Join(b.dir, "herald.state.json") }

func TestClaimFileLivesFromPrepareToTheEndOfApply(t *testing.T) {
	b := newClaimBench(t)
	rep, nonce, _ := b.run(true)
	if rep.Prepared != 2 || len(nonce) != 32 || len(b.posts) > 0 {
		t.Errorf("%d prepared under %q, %v sent", rep.Prepared, nonce, b.posts)
	}
	info, err := os.Stat(b.file())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("claim file: %v, %v", info, err)
	}
	b.want("prepared", true)
	if src := string(b.keep(b.record())); strings.Count(src, nonce) != 2 {
		t.Errorf("the record has the claim %d times", strings.Count(src, nonce))
	}
	if _, again, _ := b.run(true); again != nonce {
		t.Errorf("a second prepare has another claim")
	}
	b.want("prepared twice", true)
	b.now = b.now.Add(time.Second)
	rep, used, _ := b.run(false)
	if used != nonce || rep.ExitCode() != 0 || strings.Join(b.posts, "") != "ab" {
		t.Errorf("exit code %d, %v sent", rep.ExitCode(), b.posts)
	}
	if _, err := os.Stat(b.file()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the claim file is still there: %v", err)
	}
	if _, none, _ := b.run(false); none != "" {
		t.Errorf("a run after it has the claim %q", none)
	}
}

// A claim that began to be used is not good for what was pushed before.
func TestClaimIsNotGoodForAFreshCheckout(t *testing.T) {
	b := newClaimBench(t)
	b.run(true)
	pushed := b.keep(b.record())
	b.post = func(apply.Call) apply.Outcome {
		b.put(filepath.Join(b.dir, "crashed.json"), b.keep(b.record()))
		b.put(filepath.Join(b.dir, "crashed.journal"), b.keep(filepath.Join(b.dir, "herald.state.journal")))
		b.put(filepath.Join(b.dir, "crashed.claim"), b.keep(b.file()))
		return apply.Outcome{Class: apply.InDoubt}
	}
	b.run(false)
	b.post = nil
	journal := filepath.Join(b.dir, "herald.state.journal")
	put := func(record, journalled []byte) {
		b.put(b.file(), b.keep(filepath.Join(b.dir, "crashed.claim")))
		b.put(b.record(), record)
		if err := os.Remove(journal); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if journalled != nil {
			b.put(journal, journalled)
		}
	}
	crashed := b.keep(filepath.Join(b.dir, "crashed.json"))

	put(crashed, b.keep(filepath.Join(b.dir, "crashed.journal")))
	b.want("with record and journal, as the crash left them", true)
	put(crashed, nil)
	b.want("without the journal", false)
	put(pushed, nil)
	b.want("with the record that was pushed", false)

	// And a run takes it away, so that it is not good by chance later.
	if _, nonce, _ := b.run(false); nonce != "" {
		t.Errorf("a run used the claim %q", nonce)
	}
	if _, err := os.Stat(b.file()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the claim file is still there: %v", err)
	}
	if len(b.posts) != 1 {
		t.Errorf("sent %v", b.posts)
	}
}

// A crash between any two steps leaves a claim that is not good, or with which
// nothing was begun.
func TestClaimFileAndCrashes(t *testing.T) {
	b := newClaimBench(t)
	before := b.keep(b.record())
	b.run(true)
	b.put(b.record(), before)
	b.want("prepare: the file is written, the snapshot is not", false)

	b = newClaimBench(t)
	b.run(true)
	b.dieAfterSnapshot = true
	rep, nonce, _ := b.run(false)
	if nonce == "" || rep.Broken == nil || len(b.posts) > 0 {
		t.Errorf("claim %q, broken %v, %v sent", nonce, rep.Broken, b.posts)
	}
	b.want("apply: the snapshot is written, the file is not", false)

	b = newClaimBench(t)
	b.run(true)
	claim := b.keep(b.file())
	b.run(false)
	b.put(b.file(), claim)
	b.want("apply: the last snapshot is written, the file is not removed", false)
}

// Two clones reach one serial easily: a claim is good for one snapshot, not for
// another of the same serial.
func TestClaimFitsOneSnapshot(t *testing.T) {
	b := newClaimBench(t)
	before := b.keep(b.record())
	b.run(true)
	mine, claim := b.keep(b.record()), b.keep(b.file())
	b.put(b.record(), before)
	b.locked(func(x state.Session, rec *state.Record) {
		if err := x.Snapshot(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	})
	b.want("another snapshot of the serial", false)
	b.put(b.record(), mine)
	b.want("the very snapshot", true)
	b.put(b.file(), []byte(strings.Replace(string(claim), "sha256:", "sha256:0", 1)))
	b.want("another checksum", false)

	b = newClaimBench(t)
	b.dieAfterSnapshot = true
	b.run(true)
	b.want("prepare: the snapshot is written, its checksum is not in the file", false)
}

func TestClaimFileThatCannotBeUsed(t *testing.T) {
	for name, src := range map[string]string{"damaged": "{\"claim\":", "empty": "", "without a claim": `{"lineage":"lineage","serial":1,"plan_id":"sha256:p1","since":"2026-01-02T03:04:05Z"}`} {
		t.Run(name, func(t *testing.T) {
			b := newClaimBench(t)
			b.run(true)
			b.put(b.file(), []byte(src))
			rep, nonce, warnings := b.run(false)
			if nonce != "" || warnings != "Claim file cannot be used" || len(b.posts) > 0 || rep.ExitCode() != 4 {
				t.Errorf("claim %q, warnings %q, %v sent, exit code %d", nonce, warnings, b.posts, rep.ExitCode())
			}
		})
	}
}

// The claim of one plan, or of one record, is nothing to another.
func TestClaimBelongsToItsPlanAndRecord(t *testing.T) {
	b := newClaimBench(t)
	b.run(true)
	claim := b.keep(b.file())
	b.plan.ID = "sha256:p2"
	b.locked(func(x state.Session, rec *state.Record) {
		if h, _ := b.app.claimFor(b.store(), x, rec, b.plan, false); h.claim != nil {
			t.Errorf("another plan has the claim")
		}
	})
	b.plan.ID = "sha256:p1"
	b.locked(func(x state.Session, rec *state.Record) {
		rec.Lineage = "other"
		if h, _ := b.app.claimFor(b.store(), x, rec, b.plan, false); h.claim != nil {
			t.Errorf("another record has the claim")
		}
	})
	if string(b.keep(b.file())) != string(claim) {
		t.Errorf("the claim file was changed")
	}
	b.want("afterwards", true)
}

// A claim whose time is over is made anew, and takes what the former one held.
func TestClaimIsMadeAnewWhenItIsOver(t *testing.T) {
	b := newClaimBench(t)
	_, first, _ := b.run(true)
	b.now = b.now.Add(apply.ClaimLease)
	rep, second, _ := b.run(true)
	if first == second || rep.Prepared != 2 {
		t.Errorf("%d prepared under %q, before under %q", rep.Prepared, second, first)
	}
	if src := string(b.keep(b.record())); strings.Contains(src, `"claim":"`+first) && !strings.Contains(src, second) {
		t.Errorf("the record has the former claim")
	}
	b.want("made anew", true)
}

// What is prepared although there is nothing to record makes the next apply one
// with a claim all the same.
func TestPrepareOfNothing(t *testing.T) {
	b := newClaimBench(t)
	b.locked(func(x state.Session, rec *state.Record) {
		rec.Endpoints[claimant] = b.plan.Accounts[0].Endpoint
		if err := x.Snapshot(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	})
	changes := b.plan.Changes
	b.plan.Changes = nil
	before := b.keep(b.record())
	rep, nonce, _ := b.run(true)
	b.want("prepared", true)
	if rep.Prepared != 0 || nonce == "" || string(b.keep(b.record())) != string(before) {
		t.Errorf("%d prepared under %q", rep.Prepared, nonce)
	}
	b.plan.Changes = changes
	if rep, _, _ := b.run(false); rep.ExitCode() != 3 || len(b.posts) > 0 {
		t.Errorf("exit code %d, %v sent", rep.ExitCode(), b.posts)
	}
}
