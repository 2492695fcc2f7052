package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"herald/state"
)

// erroredFile is where a record goes that could not be written in its place:
// beside it, or into the configuration's folder for a record that is no file.
const erroredFile = "herald.errored.json"

// pushCommand is the command that puts a file into the record again, as it is
// given where this one was.
func (a *App) pushCommand(path string) string {
	command := "herald "
	if a.dir != "." {
		command += "-chdir=" + a.dir + " "
		if rel, err := filepath.Rel(a.dir, path); err == nil {
			path = rel
		}
	}
	return command + "state push " + path
}

// erroredPath is the place of the file for a record.
func (a *App) erroredPath(store state.Store) string {
	return filepath.Join(a.home(store), erroredFile)
}

// keepErrored saves what the run knows and could not record: in a file beside
// the record, or where that cannot be written either on standard output, or on
// standard error where the output is a document.
func (r *run) keepErrored(rec *state.Record) {
	if rec == nil {
		return
	}
	var buf bytes.Buffer
	sealed := r.plan != nil && r.plan.Encryption != nil && !r.opts.sandbox
	encode := func(w io.Writer) error { return state.Encode(w, rec) }
	if sealed {
		encode = r.app.sealing(r.plan.Encryption, encode)
	}
	if err := encode(&buf); err != nil {
		r.report(failure(err))
		return
	}
	const explain = "The record could not be written, so what this run did is kept apart. "
	path := r.app.erroredPath(r.store)
	if err := writeSynced(path, buf.Bytes()); err == nil {
		r.report(fail("Record is kept in another file", fmt.Sprintf("%sNothing more is sent before it is put back:\n\n  %s", explain, r.app.pushCommand(path))))
		return
	}
	stream, name := r.app.Stdout, "output"
	if !r.opts.format.text() {
		stream, name = r.app.Stderr, "error"
	}
	if sealed {
		_, _ = io.WriteString(stream, base64Lines(buf.Bytes()))
		r.report(fail("Record could not be written anywhere", explain+"It was written to standard "+name+", encrypted, as lines of base64. Save them as a file, and put it back before anything else is sent:\n\n  base64 -d FILE | herald state push -"))
		return
	}
	_, _ = io.Copy(stream, &buf)
	r.report(fail("Record could not be written anywhere", explain+"It was written to standard "+name+", from the line { to the line }. Save it as a file, and put it back before anything else is sent:\n\n  herald state push FILE"))
}

// writeSynced writes a file and waits until the disk has it.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // half a record is of no use
	}
	return err
}

// unpushed says that an earlier run kept a record apart which knows more than
// the present one: without it, what that run sent would be sent again. It
// returns nothing if there is none.
func (a *App) unpushed(store state.Store, rec *state.Record) hcl.Diagnostics {
	path := a.erroredPath(store)
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	const summary = "Another file knows more than the record"
	var kept *state.Record
	if err == nil {
		kept, err = a.decode(src, path)
	}
	if err != nil {
		return fail(summary, fmt.Sprintf("An earlier run could not write the record, and kept what it knew in %s. That file cannot be read: %s. Without it messages may be sent again. Mend it, or move it away if you know that nothing is in it.", path, err))
	}
	n := 0
	for e := range kept.All() {
		var have *state.Entry
		if rec != nil && rec.Lineage == kept.Lineage {
			have = rec.Get(e.Key())
		}
		if have == nil || have.Change < e.Change {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return fail(summary, fmt.Sprintf("An earlier run could not write the record, and kept what it knew in %s, %s of which the record does not hold. Without them messages may be sent again, or stay in doubt, so put them back first:\n\n  %s", path, counted(n, "entry", "entries"), a.pushCommand(path)))
}

// counted writes a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
