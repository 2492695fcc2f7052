//go:build unix

package access

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestTokenFromPipe takes a token from a pipe that is open already, and waits
// for none that nobody may ever write to.
func TestTokenFromPipe(t *testing.T) {
	named := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(named, 0o600); err != nil {
		t.Skipf("no pipe can be made here: %v", err)
	}
	lookup := func(path string) func(string) (string, bool) {
		return func(name string) (string, bool) { return path, name == "HERALD_TOKEN_FILE" }
	}
	_, faults := Environment(lookup(named), []string{"shop"})
	want := `account "shop": HERALD_TOKEN_FILE: the file ` + named + ` is a pipe or a device, not a regular file. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`
	if len(faults) != 1 || faults[0].Error() != want {
		t.Errorf("got %v, want %s", faults, want)
	}

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("tok\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tokens, faults := Environment(lookup(fmt.Sprintf("/dev/fd/%d", r.Fd())), []string{"shop"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if token, err := tokens.Token("shop"); err != nil || token.Reveal() != "tok" {
		t.Errorf("got %v", err)
	}
}
