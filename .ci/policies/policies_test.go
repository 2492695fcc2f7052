package policies_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	top = "../.."
	kit = top + "/examples/gitops"
)

// bin holds herald and opa, built once for all tests.
var bin string

func TestMain(m *testing.M) {
	code := 1
	dir, err := os.MkdirTemp("", "policies")
	if err == nil {
		bin = dir
		if err = build(); err == nil {
			code = m.Run()
		}
		_ = os.RemoveAll(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func build() error {
	for dir, what := range map[string][2]string{top: {"herald", "."}, ".": {"opa", "github.com/open-policy-agent/opa"}} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(bin, what[0]), what[1])
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", what[0], err, out)
		}
	}
	return nil
}

// tool runs a program in a folder, with herald and opa on the PATH.
func tool(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	if !strings.Contains(name, "/") {
		cmd = exec.Command(filepath.Join(bin, name), args...)
	}
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GITHUB_ACTIONS=")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

func must(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := tool(dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// copied makes a copy of the kit.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(kit)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// adds writes a message into a file of its own.
func adds(t *testing.T, dir, name, attributes string) {
	t.Helper()
	text := fmt.Sprintf("message %q {\n  recipient = \"6101234567890123\"\n  %s\n}\n", name, attributes)
	if err := os.WriteFile(filepath.Join(dir, name+".hcl"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// raise takes away Herald's own limit, which would stop the plan first.
func raise(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "main.hcl")
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raised := strings.Replace(string(src), "max_sends_per_recipient = 3", "max_sends_per_recipient = 30", 1)
	if raised == string(src) {
		t.Fatal("the kit has no limit for one person")
	}
	if err := os.WriteFile(path, []byte(raised), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestRules runs the tests that stand beside the policies, with the engine's
// own checks.
func TestRules(t *testing.T) {
	must(t, kit, "opa", "check", "--strict", "policy")
	if out := must(t, kit, "opa", "fmt", "--list", "policy"); out != "" {
		t.Errorf("opa fmt would change %s", out)
	}
	if out := must(t, kit, "opa", "test", "policy"); !strings.Contains(out, "PASS") {
		t.Errorf("%s", out)
	}
}

// TestPolicyStep runs the pipelines' step over plans that they make: as the kit
// is they pass, and each change makes them fail, with the reason.
func TestPolicyStep(t *testing.T) {
	for _, c := range []struct{ name, attributes, denied string }{
		{"as it is", "", ""},
		{"quiet", `text = "Thank you, Ana."`, ""},
		{"loud", `text = "You are a WINNER, Ana"`, `message.x says "winner".`},
		{"shouting", `text = "Hurry!!!"`, `message.x shouts: "!!!".`},
		{"open", `text = "See http://shop.example.com"`, `message.x has a link that is not https: "http://shop.example.com".`},
		{"open link", `link = "http://shop.example.com/a"`, `message.x has a link that is not https: "http://shop.example.com/a".`},
		{"open picture", `image = "http://cdn.example.com/a.png"`, `message.x has a link that is not https: "http://cdn.example.com/a.png".`},
		{"placeholder", `text = "Hi {{name}}"`, `message.x looks odd in line 1: placeholder.`},
		{"empty name", `text = "Hi , thank you"`, `message.x looks odd in line 1: empty_name.`},
		{"invisible", `text = "Hi\u200b Ana"`, `message.x looks odd in line 1: invisible.`},
		{"turned", `text = "Hi \u202e Ana"`, `message.x looks odd in line 1: bidirectional.`},
		{"mixed", `text = "p\u0430ypal"`, `message.x looks odd in line 1: mixed_script.`},
		{"hostile", `text = "http://a\n::error::b"`, `message.x has a link that is not https: "http://a".`},
		{
			"too many", `for_each = toset(["a", "b"])` + "\n  text = \"Hi ${each.key}\"",
			`"6101234567890123" would get 4 messages at once, and 3 is the most: message.shipped["B-1041"], message.track["B-1041"], message.x["a"], message.x["b"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copied(t)
			if c.attributes != "" {
				adds(t, dir, "x", c.attributes)
			}
			raise(t, dir)
			must(t, dir, "herald", "plan", "-out=herald.plan", "-json-into=plan.json")
			// The saved plan is the same document.
			show := must(t, dir, "herald", "show", "-json", "herald.plan")
			if err := os.MkdirAll(filepath.Join(dir, "shown"), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "shown/plan.json"), []byte(show), 0o666); err != nil {
				t.Fatal(err)
			}
			for _, folder := range []string{".", "shown"} {
				out, err := tool(dir, dir+"/ci/policy.sh", folder)
				switch {
				case c.denied == "" && (err != nil || !strings.Contains(out, "within the policies")):
					t.Errorf("%v\n%s", err, out)
				case c.denied != "" && (err == nil || !strings.Contains(out, "\n  - "+c.denied+"\n")):
					t.Errorf("it does not say %q: %v\n%s", c.denied, err, out)
				}
			}
		})
	}
}

// TestPolicyStepFailsClosed takes the policies away, breaks them, and takes the
// plan away: none of them lets a plan pass.
func TestPolicyStepFailsClosed(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"no policies": func(dir string) error { return os.RemoveAll(filepath.Join(dir, "policy")) },
		"no rule": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "policy", "x.rego"), []byte("package main\n"), 0o666)
		},
		"broken": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "policy", "x.rego"), []byte("package main\n\ndeny {"), 0o666)
		},
		"no plan": func(dir string) error { return os.Remove(filepath.Join(dir, "plan.json")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := copied(t)
			must(t, dir, "herald", "plan", "-json-into=plan.json")
			if name == "no rule" {
				if err := os.RemoveAll(filepath.Join(dir, "policy")); err != nil {
					t.Fatal(err)
				}
				if err := os.Mkdir(filepath.Join(dir, "policy"), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if out, err := tool(dir, dir+"/ci/policy.sh", "."); err == nil || strings.Contains(out, "within the policies") {
				t.Errorf("it passes:\n%s", out)
			}
		})
	}
}

// TestTerraformPolicy asks a policy that was written for Terraform's plans.
func TestTerraformPolicy(t *testing.T) {
	rules, err := filepath.Abs("testdata/terraform.rego")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(dir, query string) string {
		t.Helper()
		return strings.TrimSpace(must(t, dir, "opa", "eval", "--fail", "--format=raw", "--data", rules, "--input", "plan.json", query))
	}
	dir := copied(t)
	must(t, dir, "herald", "plan", "-json-into=plan.json")
	denied := ask(dir, `concat("\n", data.terraform.plan.deny)`)
	want := `message.shipped["B-1042"]: recipient 6109876543210987 is blocked
message.track["B-1042"]: recipient 6109876543210987 is blocked
plan creates 6 resources, limit is 3`
	if denied != want {
		t.Errorf("denied\n%s\nnot\n%s", denied, want)
	}
	must(t, dir, "herald", "plan", "-json-into=plan.json", `-only=message.shipped["B-1041"]`)
	if got := ask(dir, "data.terraform.plan.authz"); got != "true" {
		t.Errorf("authz is %s: %s", got, ask(dir, `concat("\n", data.terraform.plan.deny)`))
	}
}
