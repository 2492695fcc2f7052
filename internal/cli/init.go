package cli

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"herald/config"
	"herald/state"
)

//go:embed starter.hcl
var starter []byte

// ignored are the lines of the .gitignore that init writes. The record is not
// among them: it belongs into git.
const ignored = `# Herald: what one machine keeps for itself. The record, herald.state.json, is
# meant to be committed; a saved plan holds message texts, and is not.
.herald/
herald.state.journal*
herald.state.lock
herald.state.json.*
herald.errored.json
*.plan
`

// mergeAttribute is the line of .gitattributes that makes git call Herald to
// merge the record. -text keeps its line ends on every system.
const mergeAttribute = stateFile + " merge=herald -text"

// attributes is the .gitattributes that init writes.
const attributes = `# Line by line a record cannot be merged: git lets Herald do it.
` + mergeAttribute + "\n"

// tellGit says how git learns what merge=herald means.
const tellGit = `Tell git, once in each clone, that Herald merges its record:

  git config merge.herald.name "Herald's record"
  git config merge.herald.driver "herald state merge %O %A %B %P"`

func (a *App) initCommand() command {
	return command{
		name: "init", synopsis: "Begin a new configuration, or check the one that is there.",
		help: `In a directory without a configuration it writes four files: main.hcl, a small commented configuration; herald.state.json, the record, still empty; .gitignore; and .gitattributes, by which git lets Herald merge the record. No existing file is changed: what is missing in one is told.

In a directory with a configuration it checks the files, tells what git is missing, and makes no record: if there should be one, it is missing, and an apply has to know whether it is lost.`,
		action: func(ctx context.Context, _ []string) int { return a.runInit(ctx) },
	}
}

func (a *App) runInit(ctx context.Context) int {
	has, err := config.HasConfiguration(a.dir)
	if err != nil {
		a.report(failure(err))
		return exitError
	}
	if has {
		return a.initExisting(ctx)
	}
	if err := a.initNew(ctx); err != nil {
		a.report(failure(err))
		return exitError
	}
	a.say(`Herald is ready.

  main.hcl            a small configuration, to be made your own
  herald.state.json   the record, still empty; commit it with the rest
  .gitignore          what stays on this machine
  .gitattributes      that git lets Herald merge the record

Try it without an account, on a local Instagram:

  herald apply -sandbox

Then put your account's id into main.hcl and its token into the environment
variable HERALD_TOKEN, and see what would be sent:

  herald plan`)
	missing, inGit := a.gitMissing(ctx, true)
	if !inGit {
		missing = append(a.filesMissing(), tellGit)
	}
	for _, text := range missing {
		a.say("\n" + text)
	}
	return exitOK
}

// initExisting checks a configuration that is already there.
func (a *App) initExisting(ctx context.Context) int {
	if code := a.runValidate(format{}); code != exitOK {
		return code
	}
	store, err := a.store(recordFlags{}, false)
	if err == nil {
		var rec *state.Record
		rec, err = peek(ctx, store)
		if diags := a.elsewhere(store); err == nil && rec == nil && diags.HasErrors() {
			err = refusal(diags)
		}
		if err == nil && rec == nil {
			a.say("\nThere is no record here yet, and none was made. If nothing was ever sent with this configuration, the first apply makes it:\n\n  herald apply -new-record")
		}
	}
	if err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	missing, _ := a.gitMissing(ctx, isFile(store))
	for _, text := range missing {
		a.say("\n" + text)
	}
	return exitOK
}

// ownFiles are those that stay on one machine, each with the line that keeps
// it out of git. The first are there wherever the record is kept.
var ownFiles = [...][2]string{
	{".herald/claim", ".herald/"},
	{erroredFile, erroredFile},
	{"herald.state.journal", "herald.state.journal*"},
	{"herald.state.lock", "herald.state.lock"},
	{"herald.state.json.backup", "herald.state.json.*"},
}

// ownAnywhere is how many of ownFiles come first.
const ownAnywhere = 2

// gitMissing asks git what it does not know about the record, and says what to
// add. It reports whether the directory is in a working tree of git at all. A
// record that is no file is nothing to git.
func (a *App) gitMissing(ctx context.Context, file bool) (missing []string, inGit bool) {
	if _, err := a.git(ctx, a.dir, "rev-parse", "--is-inside-work-tree"); err != nil {
		return nil, false
	}
	yes := func(want string, args ...string) bool {
		out, err := a.git(ctx, a.dir, args...)
		return err == nil && strings.HasSuffix(strings.TrimSpace(string(out)), want)
	}
	own := ownFiles[:]
	if !file {
		own = own[:ownAnywhere]
	}
	if file && yes("", "check-ignore", "--", stateFile) {
		missing = append(missing, "Git ignores "+stateFile+", the record. It belongs into git, or somewhere else where it outlives this machine: without it everything would be sent again.")
	}
	var lines []string
	for _, f := range own {
		if !yes("", "check-ignore", "--", f[0]) {
			lines = append(lines, f[1])
		}
	}
	if len(lines) > 0 {
		missing = append(missing, addLines(".gitignore", lines...))
	}
	if !file {
		return missing, true
	}
	if !yes(": herald", "check-attr", "merge", "--", stateFile) {
		missing = append(missing, addLines(".gitattributes", mergeAttribute))
	}
	if !yes("", "config", "--get", "merge.herald.driver") {
		missing = append(missing, tellGit)
	}
	return missing, true
}

// filesMissing is gitMissing for a directory that git does not know: it looks
// into the two files alone.
func (a *App) filesMissing() (missing []string) {
	has := func(name, line string) bool {
		src, err := os.ReadFile(filepath.Join(a.dir, name))
		return err == nil && slices.Contains(strings.Fields(string(src)), line)
	}
	var lines []string
	for _, f := range ownFiles {
		if !has(".gitignore", f[1]) {
			lines = append(lines, f[1])
		}
	}
	if len(lines) > 0 {
		missing = append(missing, addLines(".gitignore", lines...))
	}
	if !has(".gitattributes", "merge=herald") {
		missing = append(missing, addLines(".gitattributes", mergeAttribute))
	}
	return missing
}

// addLines says which lines a file lacks.
func addLines(name string, lines ...string) string {
	return "Add to " + name + ":\n\n  " + strings.Join(lines, "\n  ")
}

// initNew writes the starter's files; none of them may be there.
func (a *App) initNew(ctx context.Context) error {
	if err := os.MkdirAll(a.dir, 0o777); err != nil {
		return err
	}
	store, err := a.store(recordFlags{}, false)
	if err != nil {
		return err
	}
	session, err := store.Lock(ctx, a.holder("init"), 0)
	if err != nil {
		return err
	}
	_, err = session.Load(ctx)
	if errors.Is(err, state.ErrNoRecord) {
		err = session.Snapshot(ctx, state.NewRecord(newLineage()))
	}
	if err = errors.Join(err, session.Unlock()); err != nil {
		return err
	}
	for _, f := range [...][2]string{{".gitignore", ignored}, {".gitattributes", attributes}} {
		if err := a.writeNew(f[0], []byte(f[1])); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return a.writeNew("main.hcl", starter)
}

// writeNew writes a file that must not be there yet.
func (a *App) writeNew(name string, content []byte) error {
	f, err := os.OpenFile(filepath.Join(a.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}
