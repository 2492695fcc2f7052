package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"herald/internal/view/safe"
	"herald/state"
)

// gitError is what git said when it did not do what it was asked for.
type gitError struct {
	code int // its exit code
	said string
}

// Error returns git's own words.
func (e *gitError) Error() string {
	return fmt.Sprintf("git ended with exit code %d: %s", e.code, e.said)
}

// git runs git in a directory and returns what it writes. The error is
// exec.ErrNotFound where there is no git, or a *gitError.
func (a *App) git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-optional-locks"}, args...)...)
	cmd.Dir = dir
	cmd.Env = a.Environ()
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return nil, &gitError{code: ended.ExitCode(), said: safe.Line(first)}
	}
	return out, err
}

// gitFailure says why git could not be asked.
func gitFailure(err error) hcl.Diagnostics {
	var told *gitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return fail("Git was not found", "The two versions of the record are in git's index, and the program git is not there to read them. Install it, or give the three versions as files:\n\n  herald state merge BASE OURS THEIRS")
	case errors.As(err, &told):
		return fail("Git cannot be asked", fmt.Sprintf("The two versions of the record are in git's index, which it cannot read here. It says:\n\n  %s", told.said))
	}
	return failure(err)
}

// split returns the directory of the record's file, behind a link if it is
// one, and its name there.
func split(location string) (dir, name string) {
	path, err := filepath.EvalSymlinks(location)
	if err != nil {
		path = location
	}
	return filepath.Dir(path), filepath.Base(path)
}

// conflict reads the versions between which git has stopped from its index.
func (a *App) conflict(ctx context.Context, location string) (versions, hcl.Diagnostics) {
	dir, name := split(location)
	if _, err := os.Stat(dir); err != nil {
		return versions{}, failure(err)
	}
	list, err := a.git(ctx, dir, "--literal-pathspecs", "ls-files", "--unmerged", "-z", "--", name)
	if err != nil {
		return versions{}, gitFailure(err)
	}
	var blobs [4]string // by stage: 1 is the base, 2 ours, 3 theirs
	for line := range strings.SplitSeq(string(list), "\x00") {
		var mode, object string
		var stage int
		if n, _ := fmt.Sscan(line, &mode, &object, &stage); n == 3 && stage >= 1 && stage <= 3 {
			blobs[stage] = object
		}
	}
	switch {
	case blobs == [4]string{}:
		return versions{}, fail("Nothing to merge", fmt.Sprintf("Git has no conflict in %s, so there are no two versions to join. If the conflict was edited away, or added as it was, and the merge is still under way, this brings it back:\n\n  git checkout --merge -- %s", location, shellWord(location)))
	case blobs[2] == "" || blobs[3] == "":
		return versions{}, fail("Record was deleted on one side", fmt.Sprintf("One side of the merge has deleted %s. Without it everything would be sent again, so it stays as the other side has it. If that is what the file holds now:\n\n  git add %s", location, shellWord(location)))
	}
	return a.stages(ctx, dir, location, blobs)
}

// stages reads the three versions.
func (a *App) stages(ctx context.Context, dir, location string, blobs [4]string) (v versions, diags hcl.Diagnostics) {
	for i, dst := range []**state.Record{&v.base, &v.ours, &v.theirs} {
		if blobs[i+1] == "" {
			continue // both sides have added the record
		}
		src, err := a.git(ctx, dir, "cat-file", "blob", blobs[i+1])
		if err != nil {
			return v, gitFailure(err)
		}
		if src, err = a.unseal(src, location); err != nil {
			return v, failure(err)
		}
		if *dst, diags = side(i, src, location); diags.HasErrors() {
			return v, diags
		}
	}
	return v, nil
}
