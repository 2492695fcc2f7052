package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/wording"
	"herald/state"
	"herald/state/merge"
)

func (a *App) stateMergeCommand() command {
	o := &stateOptions{}
	return command{
		name: "merge", args: "[BASE OURS THEIRS [PATH]]", max: 4,
		synopsis: "Join two versions of the record after a git merge.",
		help: `Joins what two branches have recorded since they parted. Nothing that either has sent is forgotten. A message that both had sent keeps both ids, and is reported: the person has it twice. Nothing is sent.

Without arguments it takes the versions from git's index, where a merge, a rebase or a cherry-pick has stopped at a conflict in the record, and writes the record in its place.

With arguments it is a merge driver of git: it joins OURS and THEIRS, which both come from BASE (an empty file where there is none), and writes the result to OURS. It refuses where a run has left a journal beside OURS, or beside PATH, the record's own, that no record holds. Git calls it by itself for a record with the attribute merge=herald once it is told, in each clone:

  git config merge.herald.name "Herald's record"
  git config merge.herald.driver "herald state merge %O %A %B %P"`,
		flags: o.recordFlags.write(),
		action: func(ctx context.Context, args []string) int {
			switch len(args) {
			case 0:
				return a.mergeConflict(ctx, o)
			case 3, 4:
				return a.mergeFiles(args)
			}
			a.report(fail("Wrong number of arguments", "It takes none, where git has a conflict in the record, or as git's merge driver three or four:\n\n  herald state merge\n  herald state merge BASE OURS THEIRS"))
			return exitError
		},
	}
}

// versions are the three of a merge; the base may be nil.
type versions struct{ base, ours, theirs *state.Record }

// mergeFiles is git's merge driver. A conflict is what git makes of exit code
// 1; OURS is then as it was.
func (a *App) mergeFiles(args []string) int {
	path := "the record"
	written := args[1:2]
	if len(args) == 4 {
		path = args[3]
		written = []string{args[1], path}
	}
	for _, record := range written {
		if err := fileStore(a.path(record)).Unfolded(); err != nil {
			a.report(failure(err))
			return exitError
		}
	}
	var v versions
	for i, dst := range []**state.Record{&v.base, &v.ours, &v.theirs} {
		src, err := os.ReadFile(a.path(args[i]))
		if err != nil {
			a.report(failure(err))
			return exitError
		}
		if i == 0 && len(src) == 0 {
			continue
		}
		var diags hcl.Diagnostics
		if *dst, diags = side(i, src, path); diags.HasErrors() {
			a.report(diags)
			return exitError
		}
	}
	merged, twice, err := merge.Records(v.base, v.ours, v.theirs)
	var out bytes.Buffer
	if err == nil {
		err = state.Encode(&out, merged)
	}
	if err == nil {
		err = renameio.WriteFile(a.path(args[1]), out.Bytes(), 0o644, renameio.WithExistingPermissions())
	}
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	a.report(deliveredTwice(twice))
	return exitOK
}

// side decodes one version of the record: 0 is the base, 1 ours, 2 theirs.
func side(i int, src []byte, path string) (*state.Record, hcl.Diagnostics) {
	if state.IsSealed(src) {
		return nil, fail("Record cannot be merged", path+" is encrypted, and a merge driver has no keys. Nothing is lost: git keeps both versions, and no file was changed. Where git has stopped, with the configuration at hand and the keys in the environment, this joins them:\n\n  herald state merge")
	}
	rec, err := state.Decode(bytes.NewReader(src), path)
	var damaged *state.FormatError
	if err == nil {
		return rec, nil
	}
	if !errors.As(err, &damaged) {
		return nil, failure(err)
	}
	which := [...]string{"The version from which both sides come", "Our version", "Their version"}[i]
	where := ""
	if damaged.Line > 0 {
		where = fmt.Sprintf(", line %d", damaged.Line)
	}
	return nil, fail("Record cannot be merged", fmt.Sprintf("%s of %s%s: %s. What it says cannot be trusted, so it is not merged, and no file was changed. On the branch that it comes from, put back the last good one from git's history, see what was sent since, and merge again.",
		which, path, where, damaged.Problem))
}

// mergeFailure says why two records cannot be joined, or nothing if that is not
// what the error is about.
func mergeFailure(err error) hcl.Diagnostics {
	var lineage *merge.LineageError
	var failed *merge.Error
	switch {
	case errors.As(err, &lineage):
		return fail("Two records", sentence(lineage.Error())+" Each was begun by itself (herald init or apply -new-record, on both branches), and knows nothing of what the other one has sent, so they cannot be joined, and no file was changed. Take the side that has sent more, and tell it with import blocks what only the other side has sent:\n\n  git checkout --ours -- "+stateFile+"\n  git checkout --theirs -- "+stateFile)
	case errors.As(err, &failed):
		return fail("Record cannot be merged", sentence(failed.Problem)+" "+failed.Advice+" No file was changed.")
	}
	return nil
}

// listed is how many messages a warning lists at the most.
const listed = 20

// deliveredTwice warns of the messages that a merge found on both sides.
func deliveredTwice(found []merge.Twice) hcl.Diagnostics {
	var sure, doubtful []string
	for _, t := range found {
		var ids []string
		for _, id := range t.IDs {
			ids = append(ids, wording.ShortID(id))
		}
		line := fmt.Sprintf("  %s: %s", t.Key, strings.Join(ids, " and "))
		if t.Differ {
			line += " (not the same content or person)"
		}
		if t.Doubt {
			doubtful = append(doubtful, line)
		} else {
			sure = append(sure, line)
		}
	}
	var diags hcl.Diagnostics
	warn := func(lines []string, summary, one, many, rest string) {
		if len(lines) == 0 {
			return
		}
		text := one
		if len(lines) > 1 {
			text = fmt.Sprintf(many, len(lines))
		}
		if more := len(lines) - listed; more > 0 {
			lines = append(lines[:listed:listed], fmt.Sprintf("  and %d more", more))
		}
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: summary,
			Detail: text + rest + "\n\n" + strings.Join(lines, "\n"),
		})
	}
	warn(sure, "Delivered twice",
		"Both sides had sent a message, so it was delivered twice, and nothing takes that back.",
		"Both sides had sent %d messages, so these were delivered twice, and nothing takes that back.",
		" The record is merged and keeps every id, so it is not sent a third time. Let only one pipeline apply, and let it push the record at once:")
	warn(doubtful, "Perhaps delivered twice",
		"One side had sent a message that the other side was in doubt about, in a send of its own: it may have been delivered twice.",
		"One side had sent %d messages that the other side was in doubt about, in sends of its own: they may have been delivered twice.",
		" The record is merged and keeps what was sent, so it is not sent again. Look into the conversation, in the app:")
	return diags
}

// mergeConflict joins the versions between which git has stopped, and writes
// the record in its place.
func (a *App) mergeConflict(ctx context.Context, o *stateOptions) int {
	store, err := a.store(o.recordFlags, false)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	if !isFile(store) {
		a.report(fail("Record is not a file", fmt.Sprintf("The record is kept at %s, where git merges nothing: all branches work on the same one.", store.Location())))
		return exitError
	}
	v, diags := a.conflict(ctx, store.Location())
	if diags.HasErrors() {
		a.report(diags)
		return exitError
	}
	merged, twice, err := merge.Records(v.base, v.ours, v.theirs)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	session, err := store.Lock(ctx, a.holder("state merge"), o.lockTimeout)
	if err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	more, err := replace(ctx, session, v, merged)
	if err = errors.Join(err, session.Unlock()); err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	a.report(deliveredTwice(append(twice, more...)))
	a.say(fmt.Sprintf("The record is merged: %s. Now tell git, and go on with what it was doing:\n\n  git add %s",
		counted(merged.Len(), "entry", "entries"), shellWord(store.Location())))
	return exitOK
}

// replacer is a session that can put a record in the place of what cannot be
// read.
type replacer interface {
	Replace(ctx context.Context, r *state.Record) error
}

// replace writes the merged record where git has left the conflict. If there is
// a whole record instead, neither of the versions, somebody has worked with it
// since: what it knows is merged too.
func replace(ctx context.Context, session state.Session, v versions, merged *state.Record) ([]merge.Twice, error) {
	writer, ok := session.(replacer)
	if !ok {
		return nil, errors.New("this store keeps no file that git could have merged")
	}
	var twice []merge.Twice
	present, err := session.Load(ctx)
	var damaged *state.FormatError
	switch {
	case err == nil:
		for _, known := range []*state.Record{v.ours, v.theirs, merged} {
			if sameFile(known, present) {
				return nil, writer.Replace(ctx, merged)
			}
		}
		var all *state.Record
		if all, twice, err = merge.Records(nil, merged, present); err != nil {
			return nil, err
		}
		*merged = *all
	case !errors.As(err, &damaged) && !errors.Is(err, state.ErrNoRecord):
		return nil, err
	}
	return twice, writer.Replace(ctx, merged)
}

// sameFile reports whether two records are the same bytes.
func sameFile(x, y *state.Record) bool {
	var a, b bytes.Buffer
	return state.Encode(&a, x) == nil && state.Encode(&b, y) == nil && bytes.Equal(a.Bytes(), b.Bytes())
}

// shellWord quotes a path for a shell where it needs it.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/+,:@=", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
