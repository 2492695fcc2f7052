package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestGitOpsWorkflows holds the workflows to what makes them safe.
func TestGitOpsWorkflows(t *testing.T) {
	plan, comment, apply := readWorkflow(t, "herald-plan.yml"), readWorkflow(t, "herald-comment.yml"), readWorkflow(t, "herald-apply.yml")
	for _, w := range []*workflow{plan, comment, apply} {
		for _, j := range w.Jobs {
			for i := range j.Steps {
				// What a stranger may write never becomes part of a command.
				if s := &j.Steps[i]; strings.Contains(s.Run, "${{") {
					t.Errorf("%s: the step %s puts a value into its lines:\n%s", w.Name, s.title(), s.Run)
				}
			}
		}
		if strings.Contains(w.text, "pull_request_target") {
			t.Errorf("%s runs with rights for a pull request's own files", w.Name)
		}
	}

	// A pull request: no secret, nothing to write with, nobody to impersonate.
	if got := fmt.Sprint(plan.Permissions); got != "map[contents:read]" {
		t.Errorf("%s may do %s", plan.Name, got)
	}
	for _, word := range []string{"secrets", "vars.", "github.token", "environment:", "id-token", "write"} {
		if strings.Contains(regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(plan.text, ""), word) {
			t.Errorf("%s speaks of %q", plan.Name, word)
		}
	}
	for _, j := range plan.Jobs {
		if j.Steps[0].With["persist-credentials"] != false {
			t.Errorf("%s leaves the job's token in the work tree", plan.Name)
		}
	}

	// The comment: the right to write it, and the main branch's files only.
	j := comment.Jobs["comment"]
	if len(comment.Permissions) > 0 || fmt.Sprint(j.Permissions) != "map[actions:read contents:read pull-requests:write]" {
		t.Errorf("%s may do %s and %s", comment.Name, comment.Permissions, j.Permissions)
	}
	if j.Steps[0].With["ref"] != "main" || j.Steps[0].With["persist-credentials"] != false {
		t.Errorf("%s checks out %v", comment.Name, j.Steps[0].With)
	}

	// The apply: no run is ever dropped or cancelled, the token is for two
	// steps, and they are behind the environment's protection.
	if c := apply.Concurrency; c.Group == "" || c.Cancel || c.Queue != "max" {
		t.Errorf("%s queues with %+v", apply.Name, c)
	}
	if fmt.Sprint(apply.Permissions) != "map[contents:read]" || fmt.Sprint(apply.Jobs["apply"].Permissions) != "map[contents:write]" ||
		len(apply.Jobs["plan"].Permissions) > 0 || apply.Jobs["plan"].Environment != "" || apply.Jobs["apply"].Environment != "production" {
		t.Errorf("%s may do more than it has to", apply.Name)
	}
	var holders []string
	for i := range apply.Jobs["apply"].Steps {
		if s := &apply.Jobs["apply"].Steps[i]; s.Env["HERALD_TOKEN"] != "" {
			holders = append(holders, s.Name)
		}
	}
	if got := strings.Join(holders, ", "); got != "Settle, Send" || strings.Count(apply.text, "secrets.HERALD_TOKEN") != 2 {
		t.Errorf("the token is given to %s", got)
	}
	if strings.Contains(apply.text, "--force") || strings.Contains(read(t, kit+"/ci/claim.sh")+read(t, kit+"/ci/outcome.sh"), "--force") {
		t.Error("a push is forced")
	}
}

// TestGitOpsFork plans what a fork's pull request asks for: files that try to
// read a secret, to reach out and to run a program. The plan has nothing to
// give them: no token, no network, no program.
func TestGitOpsFork(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.workflow("herald-plan.yml")
	run.must("plan")
	summary := read(t, filepath.Join(run.artifacts, "herald-plan", "plan.md"))
	if !strings.HasPrefix(summary, "<!-- herald:plan -->\n") || !strings.Contains(run.summary, "6 to send") {
		t.Errorf("the comment:\n%s\nthe summary:\n%s", summary, run.summary)
	}

	// What can be read outside of the folder, or of the environment, is not.
	dir := f.clone()
	write(t, filepath.Join(f.dir, "secret"), "top secret")
	for _, attempt := range []string{
		`file("../secret")`, `file("/etc/passwd")`, `env("HERALD_TOKEN")`, `"${env.HERALD_TOKEN}"`, `exec("id")`, `timestamp()`,
	} {
		write(t, filepath.Join(dir, "evil.hcl"), "message \"evil\" {\n  recipient = \"6101234567890123\"\n  text      = "+attempt+"\n}\n")
		if out := f.herald(dir, 1, "plan"); strings.Contains(out, "top secret") || strings.Contains(out, secret) || strings.Contains(out, "root:") {
			t.Errorf("%s:\n%s", attempt, out)
		}
	}
	// A file that is no configuration fails the check, at its line, and the
	// comment no longer speaks for an older plan.
	f.commit(dir, "Evil")
	run.mustFail("plan", accident{}, "::error file=evil.hcl,line=3")
	if text := read(t, filepath.Join(run.artifacts, "herald-plan", "plan.md")); !strings.Contains(text, "Herald has made no plan") {
		t.Errorf("the comment:\n%s", text)
	}
	// A stranger's token target is shown first, and gets no token.
	write(t, filepath.Join(dir, "evil.hcl"), "account \"evil\" {\n  ig_id    = \"17841405822304999\"\n  endpoint = \"https://evil.example.com\"\n}\n\nmessage \"evil\" {\n  account   = \"evil\"\n  recipient = \"6101234567890123\"\n  text      = \"Hi.\"\n}\n")
	f.edit(dir, "main.hcl", "message \"shipped\" {", "message \"shipped\" {\n  account   = \"shop\"")
	f.edit(dir, "main.hcl", "message \"track\" {", "message \"track\" {\n  account   = \"shop\"")
	if out := f.herald(dir, 0, "plan"); !strings.Contains(strings.SplitN(out, "What each person", 2)[0], "https://evil.example.com") {
		t.Errorf("the plan does not begin with the endpoint:\n%s", out)
	}
}

// TestGitOpsPlanAlone plans with nothing at all: no environment, no PATH, no
// network; and the operating system sees no program started and no socket.
func TestGitOpsPlanAlone(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	dir := f.clone()
	program, err := exec.LookPath("herald")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "plan")
	cmd.Dir, cmd.Env = dir, []string{}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "6 to send") {
		t.Fatalf("%v\n%s", err, out)
	}
	if ok, _ := condition("strace"); !ok {
		t.Skip("strace is not here")
	}
	trace := filepath.Join(f.dir, "trace")
	cmd = exec.Command("strace", "-f", "-e", "trace=execve,execveat,socket,connect", "-o", trace, program, "plan", "-markdown")
	// Without HOME the library for S3 asks the system, as the program starts,
	// where the user's home is: on some machines through a local socket.
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + f.dir}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var calls []string
	for line := range strings.Lines(read(t, trace)) {
		if strings.Contains(line, "exec") || strings.Contains(line, "socket(") || strings.Contains(line, "connect(") {
			calls = append(calls, line)
		}
	}
	if len(calls) != 1 || !strings.Contains(calls[0], "execve(") {
		t.Errorf("the plan called\n%s", strings.Join(calls, ""))
	}
}

// TestGitOpsInstall builds herald from a repository as the pipelines do.
func TestGitOpsInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	t.Parallel()
	f := newForge(t)
	source := f.folders("source")
	write(t, filepath.Join(source, "go.mod"), "module herald\n\ngo 1.26\n")
	write(t, filepath.Join(source, "main.go"), "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"first\\n\") }\n")
	f.git(source, "init", "--quiet", "--initial-branch=main")
	f.git(source, "add", "--all")
	f.git(source, "commit", "--quiet", "--message", "First")
	version := strings.TrimSpace(f.git(source, "rev-parse", "HEAD"))
	f.edit(source, "main.go", "first", "second")
	f.git(source, "commit", "--quiet", "--all", "--message", "Second")
	f.git(source, "tag", "v2")
	for revision, want := range map[string]string{version: "first\n", "v2": "second\n"} {
		bin := filepath.Join(f.dir, revision, "bin")
		cmd := exec.Command("ci/install.sh", bin)
		cmd.Dir = kit
		cmd.Env = append(os.Environ(), "HERALD_SOURCE="+source, "HERALD_VERSION="+revision)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != want {
			t.Errorf("%v\n%s", err, out)
		}
		if _, err := os.Stat(filepath.Join(bin, "herald")); err != nil {
			t.Error(err)
		}
	}
}

// TestPreCommitHooks runs the hooks as pre-commit does: the entry, with the
// names of files that are about to be committed.
func TestPreCommitHooks(t *testing.T) {
	t.Parallel()
	var hooks []struct {
		ID, Entry, Language, Files string
		PassFilenames              *bool `json:"pass_filenames"`
	}
	readYAML(t, top+"/.pre-commit-hooks.yaml", &hooks)
	var config struct {
		Repos []struct{ Hooks []struct{ ID string } }
	}
	readYAML(t, kit+"/.pre-commit-config.yaml", &config)

	f := newForge(t)
	dir := f.clone()
	var ids []string
	for _, h := range hooks {
		ids = append(ids, h.ID)
		if h.Language != "golang" {
			t.Errorf("%s is of the language %s", h.ID, h.Language)
		}
		args := strings.Fields(h.Entry)
		if args[0] != "herald" {
			t.Fatalf("%s begins with %s", h.ID, args[0])
		}
		if h.PassFilenames == nil || *h.PassFilenames {
			for _, name := range []string{"main.hcl", "orders.csv", "herald.state.json", ".pre-commit-config.yaml"} {
				if regexp.MustCompile(h.Files).MatchString(name) {
					args = append(args, name)
				}
			}
		}
		f.herald(dir, 0, args[1:]...)
		if changed := f.git(dir, "status", "--porcelain"); changed != "" {
			t.Errorf("%s has changed\n%s", h.ID, changed)
		}
	}
	for _, h := range config.Repos[0].Hooks {
		if !slices.Contains(ids, h.ID) {
			t.Errorf("the kit asks for a hook %s", h.ID)
		}
	}
	// What is out of style is put right, which makes the commit stop; what is
	// wrong makes it stop too.
	f.edit(dir, "main.hcl", "  for_each  = local.orders", "  for_each = local.orders")
	f.herald(dir, 0, "fmt", "main.hcl")
	if changed := f.git(dir, "status", "--porcelain"); changed != "" {
		t.Errorf("fmt has not put it back:\n%s", changed)
	}
	f.edit(dir, "main.hcl", "local.orders", "local.order")
	f.herald(dir, 1, "validate")
}
