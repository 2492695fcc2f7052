package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/zclconf/go-cty-yaml"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// kit is the example whose pipelines the tests run.
const kit = top + "/examples/gitops"

// workflow is a file of GitHub Actions, as far as the kit's go.
type workflow struct {
	Name        string            `json:"name"`
	Env         map[string]string `json:"env"`
	Permissions map[string]string `json:"permissions"`
	Concurrency concurrency       `json:"concurrency"`
	Jobs        map[string]*job   `json:"jobs"`

	text string
}

type concurrency struct {
	Group  string `json:"group"`
	Cancel bool   `json:"cancel-in-progress"`
	Queue  string `json:"queue"`
}

type job struct {
	If          string            `json:"if"`
	Needs       string            `json:"needs"`
	Environment string            `json:"environment"`
	Permissions map[string]string `json:"permissions"`
	Env         map[string]string `json:"env"`
	Outputs     map[string]string `json:"outputs"`
	Steps       []step            `json:"steps"`
}

type step struct {
	Name string            `json:"name"`
	ID   string            `json:"id"`
	If   string            `json:"if"`
	Uses string            `json:"uses"`
	With map[string]any    `json:"with"`
	Env  map[string]string `json:"env"`
	Run  string            `json:"run"`
}

// title names a step in what a test says.
func (s *step) title() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Uses
}

// readWorkflow reads one of the kit's workflows.
func readWorkflow(t *testing.T, name string) *workflow {
	t.Helper()
	w := &workflow{}
	w.text = readYAML(t, filepath.Join(kit, ".github/workflows", name), w)
	return w
}

// readYAML decodes a YAML file by way of JSON, and returns its text.
func readYAML(t *testing.T, path string, into any) string {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ty, err := yaml.Standard.ImpliedType(src)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	value, err := yaml.Standard.Unmarshal(src, ty)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	text, err := ctyjson.Marshal(value, ty)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return string(src)
}
