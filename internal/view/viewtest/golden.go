package viewtest

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herald/internal/view/safe"
)

// Render returns what a renderer writes.
func Render(t *testing.T, write func(w io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Golden compares what write writes with testdata/name.
func Golden(t *testing.T, name string, write func(w io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if Updating() {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got); look at it, and run the test with -update if it is right:\n%s", name, diff)
	}
}

// Indented writes one line of JSON so that a person can read and compare it.
func Indented(w io.Writer, write func(w io.Writer) error) error {
	var line, b bytes.Buffer
	if err := write(&line); err != nil {
		return err
	}
	if err := json.Indent(&b, line.Bytes(), "", "  "); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// CheckRunes finds what moves or hides text, the parts of emoji apart.
func CheckRunes(t *testing.T, s string) {
	t.Helper()
	for _, r := range s {
		if safe.Odd(r) && r != '\n' && r != 0x200d && r != 0xfe0e && r != 0xfe0f && (r < 0xe0061 || r > 0xe007f) {
			t.Errorf("%U in the output", r)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// Updating reports whether the test was asked to write what it compares with.
func Updating() bool { return *update }

// Path returns a path below the root of the repository as it is seen from the
// package under test.
func Path(below string) string {
	dir := "."
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, filepath.FromSlash(below))
		}
		if abs, err := filepath.Abs(dir); err != nil || abs == filepath.Dir(abs) {
			return filepath.FromSlash(below) // the test fails on it, and names it
		}
		dir = filepath.Join(dir, "..")
	}
}
