package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"herald/state"
)

// fileSort is a sort of file that a command writes where the user says.
type fileSort struct {
	noun  string // "saved plan"
	marks string // stands in the first bytes of each
}

var (
	planFile     = fileSort{noun: "plan", marks: `"producer":"herald"`}
	documentFile = fileSort{noun: "JSON document of Herald's", marks: `{"format_version":"`}
)

// check returns an error if such a file must not be written to path: one of
// the record's files has the name, or something else stands there already. A
// slip of the hand must not cost the configuration, or the record. So is a
// place where no file can be made: it is tried, before anything is done of
// which the file is to tell.
func (s fileSort) check(path string) error {
	if strings.HasPrefix(filepath.Base(path), strings.TrimSuffix(stateFile, "json")) {
		return fmt.Errorf("the file %s has a name of the record's files, so the %s is not written there", path, s.noun)
	}
	probe, err := pending(path)
	if err != nil {
		return err
	}
	if err := probe.Cleanup(); err != nil {
		return aboutFile(path, err)
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("the file %s is not a regular one, so the %s is not written there", path, s.noun)
	case info.Size() == 0:
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	head := make([]byte, 64)
	n, _ := f.Read(head) // what cannot be read is none
	if !bytes.Contains(head[:n], []byte(s.marks)) && !(s == planFile && state.IsSealed(head[:n])) {
		return fmt.Errorf("the file %s is there already and is no %s, so nothing is written over it", path, s.savedNoun())
	}
	return nil
}

func (s fileSort) savedNoun() string {
	if s == planFile {
		return "saved plan"
	}
	return s.noun
}

// write stores what encode writes at path, whole or not at all, readable by
// its owner only: it holds texts.
func (s fileSort) write(path string, encode func(io.Writer) error) error {
	if err := s.check(path); err != nil {
		return err
	}
	f, err := pending(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Cleanup() }() // does nothing once the file is in its place
	w := bufio.NewWriterSize(f, 1<<16)
	if err := encode(w); err != nil {
		return aboutFile(path, err)
	}
	if err := w.Flush(); err != nil {
		return aboutFile(path, err)
	}
	return aboutFile(path, f.CloseAtomicallyReplace())
}

// pending makes the file that is to take the place of path.
func pending(path string) (*renameio.PendingFile, error) {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	return f, aboutFile(path, err)
}

// aboutFile returns the error of the file that is to take the place of path as
// one of path: nobody knows the other's name.
func aboutFile(path string, err error) error {
	var file *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &file):
		return &fs.PathError{Op: "write", Path: path, Err: file.Err}
	case errors.As(err, &link):
		return &fs.PathError{Op: "write", Path: path, Err: link.Err}
	}
	return err
}
