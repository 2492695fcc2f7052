//go:build unix

package config

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipesAreNotWaitedFor has pipes that nobody writes to where files are
// expected.
func TestPipesAreNotWaitedFor(t *testing.T) {
	pipe := func(dir, name string) {
		t.Helper()
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Skipf("no pipe can be made here: %v", err)
		}
	}
	dir := write(t, map[string]string{"main.hcl": shop + "message \"m\" {\n  recipient = \"1\"\n  text = file(\"pipe\")\n}\n"})
	pipe(dir, "pipe")
	c, diags := Load(dir, Options{})
	if diags.HasErrors() {
		t.Fatal(text(diags))
	}
	for name, want := range map[string]string{
		"-var-file": "pipe:1,1-1: error: Unreadable file: The file given with -var-file cannot be read: it is not a regular file.\n",
		"file":      "main.hcl:6,16-20: error: Invalid function argument: Invalid value for \"path\" parameter: pipe is not a regular file.\n",
	} {
		var v Values
		if name == "-var-file" {
			v.Args = []Arg{{File: "pipe"}}
		}
		if _, diags := c.Expand(v); text(diags) != want {
			t.Errorf("%s: %s", name, text(diags))
		}
	}
	pipe(dir, "herald.hclvars")
	if _, diags := c.Expand(Values{}); text(diags) != "herald.hclvars:1,1-1: error: Unreadable file: The file cannot be read: it is not a regular file.\n" {
		t.Error(text(diags))
	}
	pipe(dir, "pipe.hcl")
	if _, diags := Load(dir, Options{}); text(diags) != "pipe.hcl:1,1-1: error: Unreadable file: The file cannot be read: it is not a regular file.\n" {
		t.Error(text(diags))
	}
}
