package cli

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

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

func (a *App) initCommand() command {
	return command{
		name: "init", synopsis: "Begin a new configuration, or check the one that is there.",
		help: `In a directory without a configuration it writes three files: main.hcl, a small commented configuration; herald.state.json, the record, still empty; and .gitignore. No existing file is changed.

In a directory with a configuration it checks the files, and makes no record: if there should be one, it is missing, and an apply has to know whether it is lost.`,
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

Try it without an account, on a local Instagram:

  herald apply -sandbox

Then put your account's id into main.hcl and its token into the environment
variable HERALD_TOKEN, and see what would be sent:

  herald plan`)
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
		if rec, err = peek(ctx, store); err == nil && rec == nil {
			a.say("\nThere is no record here yet, and none was made. If nothing was ever sent with this configuration, the first apply makes it:\n\n  herald apply -new-record")
		}
	}
	if err != nil {
		a.report(failure(err))
		return exitCode(err)
	}
	return exitOK
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
	if err := a.writeNew(".gitignore", []byte(ignored)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
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
