package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// top is the top of the repository.
const top = "../.."

// TestExamples runs every folder of examples in a copy: its plan is the one
// expected, an apply to the local Instagram does all of it, and a second one
// sends nothing.
func TestExamples(t *testing.T) {
	folders, err := os.ReadDir(filepath.Join(top, "examples"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			copyExample(t, filepath.Join(top, "examples", folder.Name()), dir)
			golden(t, folder.Name()+".txt", herald(t, dir, 0, "plan", "-sandbox", "-verbose"))
			herald(t, dir, 0, "validate")
			herald(t, dir, 0, "fmt", "-check")
			herald(t, dir, 2, "plan", "-sandbox", "-detailed-exitcode")

			first := herald(t, dir, 0, "apply", "-sandbox", "-auto-approve")
			for _, part := range []string{"What each person will get", ": sent (id ", "Apply complete!", "What each person now sees", "Where to look next"} {
				if !strings.Contains(first, part) {
					t.Errorf("the first apply does not say %q:\n%s", part, first)
				}
			}
			inbox := read(t, filepath.Join(dir, ".herald/sandbox/instagram/inbox.jsonl"))
			second := herald(t, dir, 0, "apply", "-sandbox", "-auto-approve")
			if !strings.Contains(second, "No changes.") || !strings.Contains(second, "0 sent") {
				t.Errorf("the second apply does not say that nothing was sent:\n%s", second)
			}
			if diff := cmp.Diff(inbox, read(t, filepath.Join(dir, ".herald/sandbox/instagram/inbox.jsonl"))); diff != "" {
				t.Errorf("the second apply sent something (-first +second):\n%s", diff)
			}
			herald(t, dir, 0, "plan", "-sandbox", "-detailed-exitcode")
		})
	}
}

// TestREADMECommands holds the README to the two commands that it promises.
func TestREADMECommands(t *testing.T) {
	text := read(t, filepath.Join(top, "README.md"))
	lines := strings.Split(text, "\n")
	for _, command := range []string{
		"go run . -chdir=examples/quickstart apply -sandbox -auto-approve",
		"go test ./...",
	} {
		found := false
		for _, line := range lines {
			found = found || strings.TrimSpace(strings.TrimPrefix(line, "$ ")) == command
		}
		if !found {
			t.Errorf("README.md has no line with the command %s", command)
		}
	}
}

// TestREADMETour runs what the README's tour says, with the configuration that
// it shows, against the local Instagram.
func TestREADMETour(t *testing.T) {
	t.Parallel()
	_, shown, ok := strings.Cut(read(t, filepath.Join(top, "README.md")), "```hcl\n")
	shown, _, closed := strings.Cut(shown, "```")
	if !ok || !closed {
		t.Fatal("README.md shows no configuration")
	}
	dir := filepath.Join(t.TempDir(), "hello")
	herald(t, dir, 0, "init")
	for _, name := range []string{"main.hcl", "herald.state.json", ".gitignore"} {
		read(t, filepath.Join(dir, name))
	}
	write(t, filepath.Join(dir, "main.hcl"), shown)
	write(t, filepath.Join(dir, "herald.hclvars"), `customers = { ana = { igsid = "6101234567890123", name = "Ana" } }`)
	if out := herald(t, dir, 0, "plan"); !strings.Contains(out, "Plan: 2 to send, 1 to react, 0 to unreact.") {
		t.Errorf("herald plan:\n%s", out)
	}
	herald(t, dir, 0, "plan", "-json")
	herald(t, dir, 0, "plan", "-markdown")
	herald(t, dir, 0, "plan", "-sandbox", "-out=FILE")
	if out := herald(t, dir, 0, "apply", "-sandbox", "FILE"); !strings.Contains(out, "2 sent, 1 reacted") {
		t.Errorf("herald apply FILE:\n%s", out)
	}
	herald(t, dir, 1, "resolve", "-sandbox", `message.welcome["ana"]`, "-not-sent") // it is not in doubt
	herald(t, dir, 0, "apply", "-sandbox", "-auto-approve")
	herald(t, dir, 0, "completion", "bash")
}

// TestREADMEPullRequest runs the commands of the README's section on pull
// requests one after the other, against the local Instagram.
func TestREADMEPullRequest(t *testing.T) {
	t.Parallel()
	_, section, ok := strings.Cut(read(t, filepath.Join(top, "README.md")), "### Review it in a pull request\n")
	_, section, opened := strings.Cut(section, "```sh\n")
	section, _, closed := strings.Cut(section, "```")
	if !ok || !opened || !closed {
		t.Fatal("README.md has no commands for a pull request")
	}
	dir := t.TempDir()
	copyExample(t, filepath.Join(top, "examples/quickstart"), dir)
	var digest struct {
		PlanID string `json:"plan_id"`
	}
	if err := json.Unmarshal([]byte(herald(t, dir, 0, "plan", "-sandbox", "-json")), &digest); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(section) {
		command, _, _ := strings.Cut(line, "#")
		for _, name := range []string{"plan", "apply"} {
			command = strings.Replace(command, "herald "+name, "herald "+name+" -sandbox", 1)
		}
		cmd := exec.Command("sh", "-c", strings.Replace(command, "DIGEST", digest.PlanID, 1))
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s%v\n%s", line, err, out)
		}
	}
	for name, holds := range map[string]string{"comment.md": digest.PlanID, "plan.html": digest.PlanID, "plan.json": digest.PlanID, ".herald/sandbox/instagram/inbox.jsonl": "order"} {
		if !strings.Contains(read(t, filepath.Join(dir, name)), holds) {
			t.Errorf("%s does not hold %s", name, holds)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

// copyExample copies an example as git has it: without what a run left there.
func copyExample(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{".herald", "herald.state.json", "herald.state.journal", "herald.state.lock"} {
		if err := os.RemoveAll(filepath.Join(to, left)); err != nil {
			t.Fatal(err)
		}
	}
}

// herald runs the program in a folder and returns what it wrote to standard
// output. It has no token.
func herald(t *testing.T, dir string, want int, args ...string) string {
	t.Helper()
	cmd := exec.Command("herald", append([]string{"-chdir=" + dir}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if got, ok := exitCode(cmd.Run()); !ok || got != want {
		t.Fatalf("herald %s: exit code %d, not %d\n%s%s", strings.Join(args, " "), got, want, &out, &errs)
	}
	return out.String()
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// golden compares a text with the file of that name in testdata/examples.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata/examples", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(read(t, path), got); diff != "" {
		t.Errorf("%s differs (-want +got); look at it, and run the test with -update if it is right:\n%s", path, diff)
	}
}
