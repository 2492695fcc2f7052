package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
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
// slip of the hand must not cost the configuration, or the record.
func (s fileSort) check(path string) error {
	if strings.HasPrefix(filepath.Base(path), strings.TrimSuffix(stateFile, "json")) {
		return fmt.Errorf("the file %s has a name of the record's files, so the %s is not written there", path, s.noun)
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil // nothing is there, or the writing will tell
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
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer func() { _ = f.Cleanup() }() // does nothing once the file is in its place
	w := bufio.NewWriterSize(f, 1<<16)
	if err := encode(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
