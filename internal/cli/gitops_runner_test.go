package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// pipelineRun is one run of a workflow: its jobs share artifacts and outputs,
// and may be run again.
type pipelineRun struct {
	*forge
	workflow  *workflow
	artifacts string
	outputs   map[string]string // "needs.plan.outputs.digest"
	event     map[string]string // "github.event.workflow_run.head_sha"
	api       string            // the URL of the forge's own API
	summary   string            // of the job that ran last
	log       string
}

// accident is what happens to a runner.
type accident struct {
	// push is a push of the job, from 1, at which it dies, and after says that
	// the push has arrived.
	push  int
	after bool
	// when is asked all the time; the runner dies once it is true.
	when func() bool
	// cancel is asked all the time; once it is true somebody cancels the job:
	// the process of the step, and no other, is told to end.
	cancel func() bool
	// herald is a shell script that takes the place of the program, which it
	// finds as $herald.
	herald string
	// token takes the place of the environment's secret.
	token *string
	// before is called before the step of that name.
	before map[string]func()
}

func (f *forge) workflow(name string) *pipelineRun {
	f.t.Helper()
	return &pipelineRun{forge: f, workflow: readWorkflow(f.t, name), artifacts: f.folders("artifacts"), outputs: map[string]string{}}
}

// skipped are the steps that a test does for the runner: programs are on the
// PATH already.
var skipped = []string{"Install herald", "Install opa"}

// runner is one machine, on which one job runs once.
type runner struct {
	*pipelineRun
	job       *job
	dir       string
	workspace string
	accident  accident
	failed    bool
	dead      bool
	values    map[string]string // of expressions
}

// errDead says that the runner died in the middle of a step.
var errDead = errors.New("the runner died")

// run runs a job on a new machine, and throws the machine away. It returns
// whether the job succeeded.
func (p *pipelineRun) run(name string, a accident) bool {
	p.t.Helper()
	j := p.workflow.Jobs[name]
	if j == nil {
		p.t.Fatalf("%s has no job %q", p.workflow.Name, name)
	}
	if p.log, p.summary = "", ""; !p.condition(j.If) {
		p.t.Fatalf("the job %s is not to run: %s", name, j.If)
	}
	dir := p.folders("runner")
	r := &runner{pipelineRun: p, job: j, dir: dir, workspace: filepath.Join(dir, "work"), accident: a, values: map[string]string{
		"runner.temp": filepath.Join(dir, "temp"), "github.token": "a token of the job's own",
	}}
	if j.Environment == "production" {
		r.values["secrets.HERALD_TOKEN"], r.values["secrets.HERALD_DEPLOY_KEY"] = secret, ""
		if a.token != nil {
			r.values["secrets.HERALD_TOKEN"] = *a.token
		}
	}
	maps.Copy(r.values, p.event)
	for _, folder := range []string{r.workspace, r.values["runner.temp"], filepath.Join(dir, "bin")} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			p.t.Fatal(err)
		}
	}
	r.shim("opa", "exit 0")
	r.shim("sleep", "exit 0")
	if a.push > 0 {
		r.shim("git", r.dyingGit())
	}
	if a.herald != "" {
		program, err := exec.LookPath("herald")
		if err != nil {
			p.t.Fatal(err)
		}
		r.shim("herald", "herald="+program+"\n"+a.herald)
	}
	for i := range j.Steps {
		if r.step(&j.Steps[i]); r.dead {
			break
		}
	}
	p.summary = r.text("summary")
	if strings.Contains(p.log+p.summary, secret) {
		p.t.Errorf("the token is in the log:\n%s", p.log)
	}
	for output, expression := range j.Outputs {
		p.outputs["needs."+name+".outputs."+output] = r.value(inner(expression))
	}
	if err := os.RemoveAll(dir); err != nil {
		p.t.Fatal(err)
	}
	return !r.failed
}

// must runs a job that has to succeed.
func (p *pipelineRun) must(name string) {
	p.t.Helper()
	if !p.run(name, accident{}) {
		p.t.Fatalf("the job %s failed:\n%s", name, p.log)
	}
}

// mustFail runs a job that has to fail, and say all of this.
func (p *pipelineRun) mustFail(name string, a accident, says ...string) {
	p.t.Helper()
	if p.run(name, a) {
		p.t.Fatalf("the job %s succeeded:\n%s", name, p.log)
	}
	for _, part := range says {
		if !strings.Contains(unwrapped(p.log), part) {
			p.t.Errorf("the job %s does not say %q:\n%s", name, part, p.log)
		}
	}
}

// shim puts a program before those of the machine.
func (r *runner) shim(name, body string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "bin", name), []byte("#!/bin/bash\n"+body+"\n"), 0o777); err != nil {
		r.t.Fatal(err)
	}
}

// dyingGit is a git at whose push the whole runner dies.
func (r *runner) dyingGit() string {
	git, err := exec.LookPath("git")
	if err != nil {
		r.t.Fatal(err)
	}
	count := filepath.Join(r.dir, "pushes")
	after := ":"
	if r.accident.after {
		after = git + ` "$@"`
	}
	return fmt.Sprintf(`if [ "$1" = push ]; then
  echo >>%[1]s
  if [ "$(wc -l <%[1]s)" -eq %[2]d ]; then
    %[3]s
    kill -KILL 0
  fi
fi
exec %[4]s "$@"`, count, r.accident.push, after, git)
}

// step runs a step, if its turn has come.
func (r *runner) step(s *step) {
	r.t.Helper()
	if !r.due(s.If) {
		return
	}
	if do := r.accident.before[s.title()]; do != nil {
		do()
	}
	err := r.perform(s)
	outcome := "success"
	switch {
	case errors.Is(err, errDead):
		r.failed, r.dead = true, true
		return
	case err != nil:
		r.failed, outcome = true, "failure"
		r.log += fmt.Sprintf("--- the step %s failed: %v\n", s.title(), err)
	}
	if s.ID != "" {
		r.values["steps."+s.ID+".outcome"] = outcome
	}
}

// due evaluates the condition of a step.
func (r *runner) due(condition string) bool {
	r.t.Helper()
	switch condition {
	case "":
		return !r.failed
	case "always()", "${{ !cancelled() }}":
		return true
	case "always() && steps.outcome.outcome == 'failure'":
		return r.values["steps.outcome.outcome"] == "failure"
	}
	r.t.Fatalf("unknown condition %q", condition)
	return false
}

// condition evaluates that of a job.
func (p *pipelineRun) condition(condition string) bool {
	p.t.Helper()
	switch condition {
	case "", "github.ref == 'refs/heads/main'":
		return true
	case "github.event.workflow_run.event == 'pull_request' && github.event.workflow_run.conclusion != 'cancelled'":
		return true
	case "needs.plan.outputs.changes == 'true'":
		return p.outputs["needs.plan.outputs.changes"] == "true"
	}
	p.t.Fatalf("unknown condition %q", condition)
	return false
}

// expression finds what a forge puts values into.
var expression = regexp.MustCompile(`\$\{\{[^}]*\}\}`)

// inner is an expression without what stands around it.
func inner(e string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(e, "${{"), "}}"))
}

// value gives what an expression stands for.
func (r *runner) value(name string) string {
	r.t.Helper()
	if v, ok := r.values[name]; ok {
		return v
	}
	if v, ok := r.outputs[name]; ok {
		return v
	}
	if strings.HasPrefix(name, "steps.") {
		return "" // the step did not run
	}
	r.t.Fatalf("the job has no %s", name)
	return ""
}

// fill puts values into a text.
func (r *runner) fill(text string) string {
	r.t.Helper()
	return expression.ReplaceAllStringFunc(text, func(e string) string { return r.value(inner(e)) })
}

// perform does what a step says.
func (r *runner) perform(s *step) error {
	r.t.Helper()
	action, _, _ := strings.Cut(s.Uses, "@")
	switch {
	case s.Run != "" && slices.Contains(skipped, s.Name), action == "actions/setup-go":
		return nil
	case s.Run != "":
		return r.script(s)
	case action == "actions/checkout":
		if s.With["ref"] != nil && s.With["ref"] != "main" {
			r.t.Fatalf("unknown ref %v", s.With["ref"])
		}
		out, err := r.tryGit(r.dir, "clone", "--quiet", r.origin, r.workspace)
		r.log += out
		return err
	case action == "actions/upload-artifact":
		return r.upload(s)
	case action == "actions/download-artifact":
		return os.CopyFS(r.place(r.fill(s.With["path"].(string))), os.DirFS(filepath.Join(r.artifacts, s.With["name"].(string))))
	}
	r.t.Fatalf("unknown action %s", s.Uses)
	return nil
}

// place resolves a path of a job.
func (r *runner) place(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.workspace, path)
}

// upload keeps files as an artifact; of several paths the common folder is left
// out.
func (r *runner) upload(s *step) error {
	to := filepath.Join(r.artifacts, s.With["name"].(string))
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	paths := strings.Fields(s.With["path"].(string))
	if len(paths) == 1 {
		return os.CopyFS(to, os.DirFS(r.place(paths[0])))
	}
	for _, path := range paths {
		src, err := os.ReadFile(r.place(path))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.MkdirAll(to, 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(path)), src, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// script runs the lines of a step as a runner does: in a file, with bash -e.
func (r *runner) script(s *step) error {
	r.t.Helper()
	if expression.MatchString(s.Run) {
		r.t.Fatalf("the step %s has a value in its lines", s.title())
	}
	file := filepath.Join(r.dir, "step.sh")
	write(r.t, file, s.Run)
	env := r.environment(
		"CI=true", "GITHUB_ACTIONS=true", "RUNNER_TEMP="+r.values["runner.temp"], "GITHUB_WORKSPACE="+r.workspace,
		"GITHUB_OUTPUT="+filepath.Join(r.dir, "outputs"), "GITHUB_STEP_SUMMARY="+filepath.Join(r.dir, "summary"),
		"GITHUB_API_URL="+r.api, "GITHUB_REPOSITORY=acme/messages", "GITHUB_PATH="+filepath.Join(r.dir, "path"), "PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"),
	)
	for _, vars := range []map[string]string{r.workflow.Env, r.job.Env, s.Env} {
		for name, v := range vars {
			env = append(env, name+"="+r.fill(v))
		}
	}
	err := r.bash(env, file)
	if s.ID != "" {
		for line := range strings.Lines(r.text("outputs")) {
			name, v, _ := strings.Cut(strings.TrimSpace(line), "=")
			r.values["steps."+s.ID+".outputs."+name] = v
		}
	}
	return err
}

// bash runs a file in the job's folder, as a group of processes that dies at
// once when the runner does.
func (r *runner) bash(env []string, file string) error {
	cmd := exec.Command("bash", "-e", file)
	cmd.Dir, cmd.Env = r.workspace, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	patient := time.After(2 * time.Minute)
	for {
		select {
		case err := <-done:
			r.log += out.String()
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() < 0 {
				return errDead
			}
			return err
		case <-patient:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			r.t.Errorf("the step goes on and on")
			patient = nil
		case <-tick.C:
			if r.accident.cancel != nil && r.accident.cancel() {
				_ = cmd.Process.Signal(os.Interrupt) // it may have ended
				r.accident.cancel = nil
			}
			if r.accident.when != nil && r.accident.when() {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // it may have ended
			}
		}
	}
}

// text reads a file that a step may have written.
func (r *runner) text(name string) string {
	src, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	return string(src)
}
