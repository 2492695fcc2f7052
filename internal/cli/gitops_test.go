package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"herald/internal/sandbox"
)

// The orders of the kit as it is.
var orders = []string{"B-1041", "B-1042", "B-1043"}

// leaseOver is when what a dead runner has claimed can be proven absent.
const leaseOver = 32 * time.Minute

// TestGitOpsMerge is the way of a change that goes well: planned, approved,
// claimed, sent, recorded; then there is nothing more to do.
func TestGitOpsMerge(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	digest := run.outputs["needs.plan.outputs.digest"]
	if run.outputs["needs.plan.outputs.changes"] != "true" || !strings.HasPrefix(digest, "sha256:") || !strings.Contains(run.summary, digest) {
		t.Errorf("outputs %v, summary:\n%s", run.outputs, run.summary)
	}
	f.onceEach()
	run.mustFail("apply", accident{token: new("")}, "no HERALD_TOKEN")
	if record := f.recorded(); strings.Contains(record, "intent") {
		t.Errorf("it was claimed without a token:\n%s", record)
	}
	run.must("apply")
	f.onceEach(orders...)
	f.settled(6)
	for _, part := range []string{"6 sent", `message.shipped["B-1041"]`} {
		if !strings.Contains(run.summary, part) {
			t.Errorf("the receipt does not say %q:\n%s", part, run.summary)
		}
	}
	if log := f.git(f.origin, "log", "--format=%s", "main"); log != "herald: what was sent [skip ci]\nherald: a plan is about to be sent [skip ci]\nThe kit\n" {
		t.Errorf("main has the commits\n%s", log)
	}

	// The claim was on main before anything was sent.
	claimed := f.git(f.origin, "show", "main~1:herald.state.json")
	if got := strings.Count(claimed, `"status":"intent"`); got != 6 || strings.Contains(claimed, "message_id") {
		t.Errorf("the claim has %d intents:\n%s", got, claimed)
	}

	// The same job once more sends nothing, and a new run has nothing to do.
	run.must("apply")
	again := f.workflow("herald-apply.yml")
	again.must("plan")
	if again.outputs["needs.plan.outputs.changes"] != "false" {
		t.Errorf("there is still something to do:\n%s", again.summary)
	}
	f.merges("B-2001,Dana,6107771234567890")
	again.must("plan")
	again.must("apply")
	f.onceEach(append(orders, "B-2001")...)
	f.settled(8)
}

// TestGitOpsRunnerDies kills the runner at each point between the plan and the
// last push, and deletes its folder. The job that is run again with one click
// finishes what was begun; if a claim was left it waits until its half hour is
// over. Everybody gets everything once.
func TestGitOpsRunnerDies(t *testing.T) {
	for _, c := range []struct {
		name    string
		how     func(f *forge) accident
		claimed bool
		sent    func(n int) bool // how many messages had gone out
	}{
		{"before the claim is pushed", func(*forge) accident { return accident{push: 1} }, false, func(n int) bool { return n == 0 }},
		{"after the claim is pushed", func(*forge) accident { return accident{push: 1, after: true} }, true, func(n int) bool { return n == 0 }},
		{"half way through", func(f *forge) accident {
			return accident{when: func() bool { return len(f.server.Accepted()) >= 3 }}
		}, true, func(n int) bool { return n >= 3 }},
		{"before the outcome is pushed", func(*forge) accident { return accident{push: 2} }, true, func(n int) bool { return n == 6 }},
		{"after the outcome is pushed", func(*forge) accident { return accident{push: 2, after: true} }, false, func(n int) bool { return n == 6 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			run := f.workflow("herald-apply.yml")
			run.must("plan")
			run.mustFail("apply", c.how(f))
			before := len(f.server.Accepted())
			if !c.sent(before) {
				t.Fatalf("%d messages had gone out:\n%s", before, run.log)
			}
			if c.claimed {
				// Too early: the dead runner might be alive. What has arrived is
				// found, and the rest stays in doubt.
				if before < 6 {
					run.mustFail("apply", accident{}, "in doubt")
				}
				if got := len(f.server.Accepted()); got != before {
					t.Fatalf("%d messages went out before the claim was over", got-before)
				}
				f.pass(leaseOver)
			}
			run.must("apply")
			f.onceEach(orders...)
			f.settled(6)
			after := f.workflow("herald-apply.yml")
			after.must("plan")
			if after.outputs["needs.plan.outputs.changes"] != "false" {
				t.Errorf("something is left:\n%s", after.summary)
			}
		})
	}
}

// TestGitOpsAllJobsAgain runs all jobs again after the runner died, so that a
// new plan is made while there are doubts.
func TestGitOpsAllJobsAgain(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	run.mustFail("apply", accident{when: func() bool { return len(f.server.Accepted()) >= 3 }})
	f.merges("B-2001,Dana,6107771234567890")
	f.pass(leaseOver)
	run = f.workflow("herald-apply.yml")
	run.must("plan")
	run.must("apply")
	f.onceEach(append(orders, "B-2001")...)
	f.settled(8)
}

// TestGitOpsTwoMerges plans the second merge before the first was applied. The
// second plan holds what the first one sends, so it is refused; run again, it
// sends what is left.
func TestGitOpsTwoMerges(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	first := f.workflow("herald-apply.yml")
	first.must("plan")
	f.merges("B-2001,Dana,6107771234567890")
	second := f.workflow("herald-apply.yml")
	second.must("plan")
	first.must("apply")
	second.mustFail("apply", accident{}, "Plan is stale", `message.shipped["B-1041"]`, `message.track["B-1043"]`, "the step Claim failed: exit status 5")
	f.onceEach(orders...)
	f.settled(6)
	second.must("plan")
	second.must("apply")
	f.onceEach(append(orders, "B-2001")...)
	f.settled(8)
}

// TestGitOpsTwoBranches sends the same on two branches, which is what claims
// and queues are there to prevent, and merges them. Nobody gets anything a
// third time, and it is said who has it twice.
func TestGitOpsTwoBranches(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	here, there := f.clone(), f.clone()
	f.herald(here, 0, "apply", "-auto-approve")
	f.herald(there, 0, "apply", "-auto-approve")
	if got := len(f.server.Accepted()); got != 12 {
		t.Fatalf("%d messages went out", got)
	}
	f.commit(here, "Sent by hand")
	f.git(there, "add", "--all")
	f.git(there, "commit", "--quiet", "--message", "Sent by hand as well")
	said := f.git(there, "pull", "--no-rebase", "--no-edit", "origin", "main")
	if !strings.Contains(unwrapped(said), "twice") || !strings.Contains(said, `message.shipped["B-1041"]`) {
		t.Errorf("the merge does not say what was delivered twice:\n%s", said)
	}
	f.git(there, "push", "--quiet", "origin", "HEAD:refs/heads/main")
	f.settled(6)
	if got := strings.Count(f.recorded(), `"also_sent"`); got != 6 {
		t.Errorf("%d messages keep both ids:\n%s", got, f.recorded())
	}
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	if run.outputs["needs.plan.outputs.changes"] != "false" || len(f.server.Accepted()) != 12 {
		t.Errorf("there is something to send again:\n%s", run.summary)
	}
}

// TestGitOpsClaimedByAnother changes the record between the checkout of a job
// and its claim: the job stops, and has sent nothing.
func TestGitOpsClaimedByAnother(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	run.mustFail("apply", accident{before: map[string]func(){"Claim": func() {
		dir := f.clone()
		f.herald(dir, 0, "apply", "-auto-approve", `-only=message.shipped["B-1041"]`)
		f.commit(dir, "Sent by hand")
	}}}, "Another run has written the record since", "Nothing was claimed, so nothing was sent")
	if got := len(f.server.Accepted()); got != 1 {
		t.Errorf("%d messages went out", got)
	}
	run.mustFail("apply", accident{}, "Plan is stale", `message.shipped["B-1041"]`)
	run.must("plan")
	run.must("apply")
	f.onceEach(orders...)
	f.settled(6)
}

// TestGitOpsBranchMoves changes other files between the checkout of a job and
// its claim, and the record between the claim and the outcome.
func TestGitOpsBranchMoves(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	if !run.run("apply", accident{before: map[string]func(){
		"Claim": func() { f.merges("B-2001,Dana,6107771234567890") },
		"Record the outcome": func() {
			dir := f.clone()
			f.herald(dir, 0, "apply", "-auto-approve", `-only=message.shipped["B-2001"]`)
			f.commit(dir, "Sent by hand")
		},
	}}) {
		t.Fatalf("the job failed:\n%s", run.log)
	}
	f.settled(7)
	next := f.workflow("herald-apply.yml")
	next.must("plan")
	next.must("apply")
	f.onceEach(append(orders, "B-2001")...)
	f.settled(8)
}

// heraldDies is the accident in which herald is killed in its sending, after so
// many messages, and the runner lives; before is what happens elsewhere before
// the outcome is recorded.
func (f *forge) heraldDies(sends int, before func()) accident {
	now := filepath.Join(f.dir, "now")
	return accident{
		herald: `case "$*" in
  "apply -approved"*) "$herald" "$@" & while [ ! -e ` + now + ` ]; do /bin/sleep 0.01; done; kill -KILL $!; wait $! ;;
  *) exec "$herald" "$@" ;;
esac`,
		when: func() bool {
			if len(f.server.Accepted()) >= sends {
				write(f.t, now, "")
			}
			return false
		},
		before: map[string]func(){"Record the outcome": before},
	}
}

// TestGitOpsHeraldDies kills herald in the middle of its sending, and not the
// runner: what it knew is pushed all the same, beside what another clone has
// pushed since.
func TestGitOpsHeraldDies(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	f.merges("B-2001,Dana,6107771234567890")
	run.mustFail("apply", f.heraldDies(3, func() {
		dir := f.clone()
		f.herald(dir, 0, "apply", "-auto-approve", `-only=message.shipped["B-2001"]`)
		f.commit(dir, "Sent by hand")
	}), "the step Send failed: exit status 137")
	if record := f.recorded(); !strings.Contains(record, `"status":"sent"`) {
		t.Errorf("nothing that herald knew is on main:\n%s", record)
	}
	f.pass(leaseOver)
	run = f.workflow("herald-apply.yml")
	run.must("plan")
	run.must("apply")
	f.onceEach(append(orders, "B-2001")...)
	f.settled(8)
}

// TestGitOpsHeraldDiesAndAnotherPushes kills herald in the middle of its
// sending, and before the outcome is pushed somebody has said on main of claimed
// messages that they were not sent. The ids that only the runner's journal holds
// are merged into that all the same, and nothing goes out again.
func TestGitOpsHeraldDiesAndAnotherPushes(t *testing.T) {
	t.Parallel()
	f := newForge(t, func(o *sandbox.Options) { o.Latency = 100 * time.Millisecond })
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	run.mustFail("apply", f.heraldDies(4, func() {
		dir := f.clone()
		f.pass(leaseOver) // a person's word counts again
		for _, order := range orders {
			f.herald(dir, 0, "resolve", fmt.Sprintf("message.shipped[%q]", order), "-not-sent")
		}
		f.commit(dir, "Resolved by hand")
	}), "the step Send failed: exit status 137")
	if strings.Contains(run.log, "could not be pushed") || strings.Contains(run.log, "the step Record the outcome failed") {
		t.Fatalf("the outcome was not pushed:\n%s", run.log)
	}
	// A call was answered before the next one of its conversation began, so of
	// four calls in three conversations one answer at least was recorded.
	if record := f.recorded(); !strings.Contains(record, `"message_id":"`) {
		t.Errorf("no id that herald knew is on main:\n%s", record)
	}
	f.pass(leaseOver)
	run = f.workflow("herald-apply.yml")
	run.must("plan")
	run.must("apply")
	f.onceEach(orders...)
	f.settled(6)
}

// TestGitOpsCancelled cancels the job that sends. Herald is told, since it has
// the place of the step's shell: it begins no new call, records those in
// flight, and takes back what it has claimed and not begun. So the next run does
// not have to wait.
func TestGitOpsCancelled(t *testing.T) {
	t.Parallel()
	f := newForge(t, func(o *sandbox.Options) { o.Latency = 500 * time.Millisecond })
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	run.mustFail("apply", accident{cancel: func() bool { return len(f.server.Accepted()) >= 3 }}, "the step Send failed")
	if got := len(f.server.Accepted()); got != 3 {
		t.Errorf("%d messages went out", got)
	}
	f.settled(3)
	if record := f.recorded(); strings.Count(record, `"settled_by":"withdrawn"`) != 3 {
		t.Errorf("what was not begun is not withdrawn:\n%s", record)
	}
	run.must("apply")
	f.onceEach(orders...)
	f.settled(6)
}

// TestGitOpsTokenRefused has a token that Instagram does not know: what was
// claimed is withdrawn, and a run with the right one need not wait.
func TestGitOpsTokenRefused(t *testing.T) {
	t.Parallel()
	f := newForge(t, func(o *sandbox.Options) {
		o.Accounts = []sandbox.Account{{IGID: "17841405822304914", Token: secret}}
	})
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	run.mustFail("apply", accident{token: new("IGQVJ-not-this-one")}, "the step Send failed: exit status 1")
	f.onceEach()
	f.settled(0)
	run.must("apply")
	f.onceEach(orders...)
	f.settled(6)
}

// TestGitOpsApprovedTooLate approves a plan after its time is over.
func TestGitOpsApprovedTooLate(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-apply.yml")
	run.must("plan")
	f.pass(73 * time.Hour)
	run.mustFail("apply", accident{}, "expired", "exit status 5")
	f.onceEach()
	run.must("plan")
	run.must("apply")
	f.onceEach(orders...)
	f.settled(6)
}

// TestGitOpsOutcomeRefused has a branch that takes no push any more once the
// plan is claimed: the record is kept as an artifact. A later run finds out
// without it; and it can be brought in through git.
func TestGitOpsOutcomeRefused(t *testing.T) {
	for _, by := range []string{"reading", "the artifact"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			f := newForge(t)
			hook := filepath.Join(f.origin, "hooks/pre-receive")
			run := f.workflow("herald-apply.yml")
			run.must("plan")
			run.mustFail("apply", accident{before: map[string]func(){"Record the outcome": func() {
				if err := os.WriteFile(hook, []byte("#!/bin/sh\necho closed for today\nexit 1\n"), 0o777); err != nil {
					t.Fatal(err)
				}
			}}}, "closed for today", "What was sent could not be pushed")
			kept := read(t, filepath.Join(run.artifacts, "herald-record", "herald.state.json"))
			if got := strings.Count(kept, `"status":"sent"`); got != 6 {
				t.Errorf("the record that was kept says that %d were sent:\n%s", got, kept)
			}
			if err := os.Remove(hook); err != nil {
				t.Fatal(err)
			}
			if by == "the artifact" {
				claim := strings.TrimSpace(f.git(f.origin, "rev-parse", "main"))
				f.merges("B-2001,Dana,6107771234567890")
				dir := f.clone()
				f.git(dir, "checkout", "--quiet", "-b", "rescue", claim)
				write(t, filepath.Join(dir, "herald.state.json"), kept)
				f.git(dir, "commit", "--quiet", "--all", "--message", "What was sent")
				f.git(dir, "checkout", "--quiet", "main")
				f.git(dir, "merge", "--quiet", "--no-edit", "rescue")
				f.git(dir, "push", "--quiet", "origin", "main")
				f.settled(6)
				return
			}
			run.must("apply")
			f.onceEach(orders...)
			f.settled(6)
		})
	}
}
