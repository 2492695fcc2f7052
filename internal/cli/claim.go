package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/renameio/v2"
	"github.com/hashicorp/hcl/v2"

	"herald/apply"
	"herald/plan"
	"herald/state"
)

// The claim file, .herald/claim beside the record, or in the configuration's
// folder for a record that is no file, says which prepared intents
// of the record this machine may send: those with its nonce, which it has not
// begun to send. It never leaves the machine, and git ignores it.
//
// A claim is good if its lineage and serial are those of the stored snapshot,
// and so is its checksum where the store has one (two clones reach one serial
// easily), and, once it was used, the journal is there that tells what was begun
// since.
// A store without a journal on this machine has no such witness, so there a
// claim is good until it is used, and what a run that crashed had prepared is
// in doubt.
// Whatever is not certain counts as begun: then it is in doubt, and is settled
// by reading once its lease is over (apply.ClaimLease). The steps, each of them
// durable before the next:
//
//  1. prepare: the file, for the serial to come; 2. the snapshot with the
//     intents, and its checksum in the file. A crash before the last of these
//     leaves a file that fits no snapshot, or, where there is no checksum, one
//     that fits this one.
//  3. apply: a snapshot with a raised serial; 4. the file, for that serial and
//     marked as used; 5. the POSTs, each after an intent in the journal. A crash
//     before 4 leaves a file that fits no snapshot, and nothing was sent. One
//     after it leaves file, snapshot and journal, which together say what was
//     begun; if the snapshot is one from before 3, as a fresh checkout of what
//     was pushed has it, or the journal is gone, then they do not, and the file
//     is not good.
//  6. the last snapshot, in which no intent has the claim any more; 7. the file
//     is removed. A crash between the two leaves a file that fits no snapshot.
//
// Two runs at once do not happen: the file is read and written under the lock
// on the record. Two copies of one machine, file and record, are two runners
// with one claim; against that there is only the lease.
type claim struct {
	Claim   string    `json:"claim"`
	Lineage string    `json:"lineage"`
	Serial  uint64    `json:"serial"`
	Sum     string    `json:"snapshot,omitempty"` // its checksum, or "" in a store that has none
	PlanID  string    `json:"plan_id"`
	Since   time.Time `json:"since"` // apply.Run.ClaimedAt
	Used    bool      `json:"used"`
}

// good reports whether nothing was begun of what the record holds open under
// the claim. The session must have loaded the record.
func (c *claim) good(session state.Session, rec *state.Record) bool {
	return rec != nil && c.Lineage == rec.Lineage && c.Serial == rec.Serial && c.Sum == snapshotSum(session) && (!c.Used || unfolded(session))
}

// snapshotSum returns the checksum of the snapshot that the session has read or
// written last, or "" from a store that has none.
func snapshotSum(session state.Session) string {
	s, ok := session.(interface{ SnapshotSum() string })
	if !ok {
		return ""
	}
	return s.SnapshotSum()
}

// unfolded reports whether the session has a journal that no snapshot holds.
func unfolded(session state.Session) bool {
	u, ok := session.(interface{ Unfolded() bool })
	return ok && u.Unfolded()
}

// claimHold is what one run has of the claim file, under the lock.
type claimHold struct {
	state.Session
	path     string
	prepare  bool
	fresh    bool   // there is no record yet
	claim    *claim // nil: the run has none
	former   string // the claim whose place this one takes
	recorded bool   // the file fits the snapshot, as far as this run is concerned
}

// claimFor reads the claim file for a run of the plan, whose lock is held and
// whose record is loaded (nil if there is none), and takes away one that is not
// good. With prepare the run gets the claim that it prepares under: a new one,
// unless this plan has one that was not used and is not over. Errors mean that
// nothing may be sent.
func (a *App) claimFor(store state.Store, session state.Session, rec *state.Record, p *plan.Plan, prepare bool) (*claimHold, hcl.Diagnostics) {
	h := &claimHold{Session: session, path: a.claimPath(store), prepare: prepare, fresh: rec == nil}
	if h.shared() {
		return h, nil // what is prepared is for a record that is shared through git
	}
	c, diags := readClaim(h.path)
	if c != nil && rec != nil && c.Lineage == rec.Lineage && !c.good(session, rec) {
		if err := removeDurably(h.path); err != nil {
			return h, append(diags, failure(err)...)
		}
		c = nil
	}
	if c != nil && c.good(session, rec) && c.PlanID == p.ID {
		h.claim = c
	}
	if !prepare {
		return h, diags
	}
	now := a.Now()
	if h.claim != nil && (h.claim.Used || apply.ClaimOver(h.claim.Since, now)) {
		h.former, h.claim = h.claim.Claim, nil
	}
	if h.claim == nil {
		h.claim = &claim{Claim: randomHex(16), PlanID: p.ID, Since: apply.ClaimTime(p, rec, now)}
	}
	return h, nil
}

// claimedPlan returns the id of the plan that this machine prepared and may
// still send, or "". A plan made afresh against plan.Rewind(rec, id) has this
// id if nothing has changed since, and then it is the prepared one.
func (a *App) claimedPlan(store state.Store, session state.Session, rec *state.Record) string {
	if _, shared := session.(state.Member); shared {
		return ""
	}
	c, _ := readClaim(a.claimPath(store))
	if c == nil || !c.good(session, rec) {
		return ""
	}
	return c.PlanID
}

// set gives a run its session, which keeps the file, and its claim.
func (h *claimHold) set(r *apply.Run) {
	if h.shared() {
		r.Session = h.Session // apply.Run sees by its type that others may be at work
		return
	}
	r.Session, r.Prepare = h, h.prepare
	if h.claim != nil {
		r.Claim, r.ClaimedAt, r.FormerClaim = h.claim.Claim, h.claim.Since, h.former
	}
}

// Unfolded reports what the session does.
func (h *claimHold) Unfolded() bool { return unfolded(h.Session) }

// Snapshot stores the record, and beside the first one of the run the claim:
// before it, where the record is to say what is claimed; after it, where the
// claim is to be used.
func (h *claimHold) Snapshot(ctx context.Context, r *state.Record) error {
	if h.claim == nil || h.recorded {
		return h.Session.Snapshot(ctx, r)
	}
	next := *h.claim
	next.Lineage, next.Sum, next.Used = r.Lineage, "", !h.prepare
	if h.prepare {
		if next.Serial = r.Serial + 1; h.fresh {
			next.Serial = r.Serial
		}
		if err := next.write(h.path); err != nil {
			return err
		}
	}
	if err := h.Session.Snapshot(ctx, r); err != nil {
		return err
	}
	next.Serial, next.Sum = r.Serial, snapshotSum(h.Session)
	if !h.prepare || next.Sum != "" {
		if err := next.write(h.path); err != nil {
			return err
		}
	}
	*h.claim, h.recorded = next, true
	return nil
}

// release ends what the run had, once it has ended: a claim that was used is
// gone, unless the record could not be written to its end. One that was
// prepared without anything to be recorded is written now, so that the apply
// that follows is one with a claim.
func (h *claimHold) release(rep *apply.Report) error {
	unfinished := rep.Refused || rep.Broken != nil
	switch {
	case h.claim == nil || unfinished:
		return nil
	case !h.prepare && h.Unfolded():
		return nil
	case !h.prepare:
		return removeDurably(h.path)
	case h.recorded || rep.Record == nil || rep.ExitCode() != exitOK:
		return nil
	}
	h.claim.Lineage, h.claim.Serial, h.claim.Sum = rep.Record.Lineage, rep.Record.Serial, snapshotSum(h.Session)
	return h.claim.write(h.path)
}

// claimPath is the place of the claim file for a record.
func (a *App) claimPath(store state.Store) string {
	dir := a.home(store)
	if _, local := store.(sandboxStore); !local {
		dir = filepath.Join(dir, ".herald")
	}
	return filepath.Join(dir, "claim")
}

// readClaim reads a claim file; nil if there is none, or if it cannot be used.
func readClaim(path string) (*claim, hcl.Diagnostics) {
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	c := &claim{}
	if err == nil {
		err = json.Unmarshal(src, c)
	}
	if err == nil && (c.Claim == "" || c.Lineage == "" || c.PlanID == "" || c.Since.IsZero()) {
		err = errors.New("something is missing in it")
	}
	if err == nil {
		return c, nil
	}
	return nil, hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Claim file cannot be used",
		Detail: fmt.Sprintf("%s, which says what this machine prepared and has not begun to send, cannot be read: %s. What was prepared counts as in doubt, and is settled by reading once that is safe. Nothing else depends on the file; take it away:\n\n  rm %s", path, err, path),
	}}
}

// write replaces the file by one that says c, for its owner only. Either the
// former one is there afterwards or the new one, whole and durable.
func (c *claim) write(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	src, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(path, append(src, '\n'), 0o600); err != nil {
		return err
	}
	return syncFolder(dir)
}

// removeDurably removes a file that may be there.
func removeDurably(path string) error {
	err := os.Remove(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes durable what was renamed or removed in a folder, where the
// system has a call for it.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
