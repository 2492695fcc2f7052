package cli_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gitlabJob is a job of GitLab CI, as far as the kit's go.
type gitlabJob struct {
	Stage         string            `json:"stage"`
	Extends       string            `json:"extends"`
	Rules         []map[string]any  `json:"rules"`
	Needs         []string          `json:"needs"`
	Script        []string          `json:"script"`
	AfterScript   []string          `json:"after_script"`
	Resource      string            `json:"resource_group"`
	Interruptible *bool             `json:"interruptible"`
	AllowFailure  *bool             `json:"allow_failure"`
	Environment   map[string]string `json:"environment"`
	Artifacts     struct {
		Paths   []string          `json:"paths"`
		Reports map[string]string `json:"reports"`
		When    string            `json:"when"`
	} `json:"artifacts"`
}

// gitlab is the kit's pipeline for GitLab.
type gitlab struct {
	Stages    []string          `json:"stages"`
	Variables map[string]string `json:"variables"`
	Merge     *gitlabJob        `json:"merge request"`
	Plan      *gitlabJob        `json:"plan"`
	Apply     *gitlabJob        `json:"apply"`

	text string
}

func readGitLab(t *testing.T) *gitlab {
	t.Helper()
	g := &gitlab{}
	g.text = readYAML(t, kit+"/.gitlab-ci.yml", g)
	if g.Merge == nil || g.Plan == nil || g.Apply == nil {
		t.Fatal("a job is missing")
	}
	return g
}

// gitlabRun is one pipeline of GitLab: its jobs share artifacts.
type gitlabRun struct {
	*pipelineRun
	file *gitlab
}

func (f *forge) gitlab() *gitlabRun {
	return &gitlabRun{
		pipelineRun: &pipelineRun{forge: f, artifacts: f.folders("artifacts"), outputs: map[string]string{}},
		file:        readGitLab(f.t),
	}
}

// run runs a job on a new machine, as a runner does: its lines in one shell,
// and what comes after them in another, whose end does not count.
func (g *gitlabRun) run(j *gitlabJob, a accident) bool {
	g.t.Helper()
	g.log = ""
	dir := g.folders("runner")
	r := &runner{pipelineRun: g.pipelineRun, dir: dir, workspace: filepath.Join(dir, "work"), accident: a}
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o777); err != nil {
		g.t.Fatal(err)
	}
	r.shim("opa", "exit 0")
	if a.push > 0 {
		r.shim("git", r.dyingGit())
	}
	g.git(dir, "clone", "--quiet", g.origin, r.workspace)
	g.git(r.workspace, "checkout", "--quiet", "--detach", "HEAD")
	if err := os.CopyFS(r.workspace, os.DirFS(g.artifacts)); err != nil {
		g.t.Fatal(err)
	}
	given := map[string]string{"CI_DEFAULT_BRANCH": "main", "CI_PROJECT_DIR": r.workspace}
	env := g.environment("CI=true", "GITLAB_CI=true", "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	for name, v := range given {
		env = append(env, name+"="+v)
	}
	for name, v := range g.file.Variables {
		if name == "HERALD_REMOTE" {
			v = g.origin
		}
		env = append(env, name+"="+os.Expand(v, func(name string) string { return given[name] }))
	}
	if j.Environment["name"] == "production" {
		env = append(env, "HERALD_TOKEN="+secret)
	}
	shell := func(lines []string) error {
		file := filepath.Join(dir, "script.sh")
		write(g.t, file, "set -eo pipefail\n"+strings.Join(lines, "\n")+"\n")
		return r.bash(env, file)
	}
	err := shell(j.Script)
	if !errors.Is(err, errDead) {
		_ = shell(j.AfterScript)
		for _, path := range j.Artifacts.Paths {
			from := filepath.Join(r.workspace, path)
			if info, err := os.Stat(from); err == nil && info.IsDir() {
				_ = os.RemoveAll(filepath.Join(g.artifacts, path))
				if err := os.CopyFS(filepath.Join(g.artifacts, path), os.DirFS(from)); err != nil {
					g.t.Fatal(err)
				}
			}
		}
	}
	if strings.Contains(g.log, secret) {
		g.t.Errorf("the token is in the log:\n%s", g.log)
	}
	if err != nil {
		g.log += fmt.Sprintf("--- the job failed: %v\n", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		g.t.Fatal(err)
	}
	return err == nil
}

func (g *gitlabRun) must(j *gitlabJob) {
	g.t.Helper()
	if !g.run(j, accident{}) {
		g.t.Fatalf("the job failed:\n%s", g.log)
	}
}

// TestGitLabPipeline holds the file to what makes it safe.
func TestGitLabPipeline(t *testing.T) {
	g := readGitLab(t)
	if a := g.Apply; a.Resource == "" || a.Interruptible == nil || *a.Interruptible || a.Environment["name"] != "production" ||
		a.AllowFailure == nil || *a.AllowFailure || a.Rules[0]["when"] != "manual" || !slices.Equal(a.Needs, []string{"plan"}) || a.Artifacts.When != "always" {
		t.Errorf("the job that sends is\n%+v", a)
	}
	if got := strings.Join(g.Stages, " "); got != "plan apply" || g.Merge.Stage != "plan" || g.Plan.Stage != "plan" || g.Apply.Stage != "apply" {
		t.Errorf("the stages are %s", got)
	}
	if g.Variables["GIT_DEPTH"] != "0" || g.Merge.Rules[0]["if"] != `$CI_PIPELINE_SOURCE == "merge_request_event"` || g.Plan.Rules[0]["if"] != "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" {
		t.Errorf("%v %v %v", g.Variables, g.Merge.Rules, g.Plan.Rules)
	}
	for _, j := range []*gitlabJob{g.Merge, g.Plan} {
		for _, line := range append(slices.Clone(j.Script), j.AfterScript...) {
			if strings.Contains(line, "TOKEN") || strings.Contains(line, "apply") || strings.Contains(line, "push") {
				t.Errorf("a job that plans says: %s", line)
			}
		}
	}
	if strings.Contains(g.text, "--force") {
		t.Error("a push is forced")
	}
}

// TestGitLabMerge is the same way as that of TestGitOpsMerge, with a runner
// that dies on it.
func TestGitLabMerge(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	run := f.gitlab()
	run.must(run.file.Merge)
	f.onceEach()
	run.must(run.file.Plan)
	f.merges("B-2001,Dana,6107771234567890")
	if run.run(run.file.Apply, accident{push: 2}) {
		t.Fatalf("the job succeeded:\n%s", run.log)
	}
	f.onceEach(orders...)
	f.pass(leaseOver)
	run.must(run.file.Apply)
	f.onceEach(orders...)
	f.settled(6)
	if !strings.Contains(run.log, `message.shipped["B-1041"]`) {
		t.Errorf("the log has no receipt:\n%s", run.log)
	}

	// The job once more, and one whose plan is stale.
	run.must(run.file.Apply)
	second := f.gitlab()
	second.must(second.file.Plan)
	dir := f.clone()
	f.herald(dir, 0, "apply", "-auto-approve", `-only=message.shipped["B-2001"]`)
	f.commit(dir, "Sent by hand")
	if second.run(second.file.Apply, accident{}) || !strings.Contains(second.log, "Plan is stale") || !strings.Contains(second.log, "exit status 5") {
		t.Errorf("a stale plan:\n%s", second.log)
	}
	second.must(second.file.Plan)
	second.must(second.file.Apply)
	f.onceEach(append(orders, "B-2001")...)
	f.settled(8)
}
