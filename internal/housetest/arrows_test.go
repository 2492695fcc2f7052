package housetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// An arrow rule says what the code of one package (its tests apart) may import.
type arrowRule struct {
	// ours lists the packages of this repository that may be imported, by
	// their directory. Every other one is refused.
	ours []string
	// stdOnly refuses every package that is not the standard library's.
	stdOnly bool
	// not lists import paths from elsewhere that are refused, with all below them.
	not []string
	// reason is told to whoever breaks the rule.
	reason string
}

const (
	hclPath = "github.com/hashicorp/hcl/v2"
	ctyPath = "github.com/zclconf/go-cty"

	aDocument = "a document knows no format"
	aFormat   = "a format decides how something looks: what is said is in the documents, and the formats know nothing of each other"

	aStore = "a store keeps the record and knows nothing of what is wanted, planned or sent"
)

// arrowRules has one rule for each package. A new package needs one: where it
// stands in the pipeline is decided here first.
var arrowRules = map[string]arrowRule{
	".": {
		ours:   []string{"internal/cli"},
		reason: "main only reports: the work is done, and tested, in internal/cli",
	},
	"config/addr": {
		stdOnly: true,
		reason:  "every part speaks of addresses, so they bring nothing along",
	},
	"config/content": {
		stdOnly: true,
		reason:  "every part speaks of content, so it brings nothing along",
	},
	"config/cut": {
		stdOnly: true,
		reason:  "where a block ends is seen in its bytes, before anything is parsed",
	},
	"config/funcs": {
		reason: "a function sees its arguments and the directory it may read, nothing else",
	},
	"config": {
		ours:   []string{"config/addr", "config/content", "config/cut", "config/funcs"},
		reason: "config says what is wanted and knows nothing of what was sent: they meet in plan",
	},
	"state": {
		ours:   []string{"config/addr", "config/content"},
		not:    []string{hclPath, ctyPath},
		reason: "state says what is known and knows nothing of HCL: they meet in plan",
	},
	"state/batch": {
		ours:   []string{"state"},
		not:    []string{hclPath, ctyPath},
		reason: "every store writes its appends in batches: what batches are made of is entries",
	},
	"state/merge": {
		ours:   []string{"state", "config/addr"},
		not:    []string{hclPath, ctyPath},
		reason: "a merge joins two records, wherever they are kept",
	},
	"state/filestore": {
		ours:   []string{"state/batch", "state", "config/addr", "config/content"},
		not:    []string{hclPath, ctyPath},
		reason: aStore,
	},
	"state/pgstore": {
		ours:   []string{"state/batch", "state", "config/addr", "config/content"},
		not:    []string{hclPath, ctyPath},
		reason: aStore,
	},
	"state/pgstore/pgtest": {
		reason: "a database server for tests knows nothing of what they keep in it",
	},
	"state/httpstore": {
		ours:    []string{"state/batch", "state", "config/addr", "config/content"},
		stdOnly: true,
		reason:  aStore + ", and HTTP is in the standard library",
	},
	"state/seal": {
		ours:   []string{"state"},
		not:    []string{hclPath, ctyPath},
		reason: "whatever is encrypted is bytes: what they say is not asked for",
	},
	"state/s3store": {
		ours:   []string{"state/batch", "state/merge", "state", "config/addr", "config/content"},
		not:    []string{hclPath, ctyPath},
		reason: aStore,
	},
	"state/s3store/s3test": {
		stdOnly: true,
		reason:  "a server for tests knows nothing of what they keep in it",
	},
	"state/storetest": {
		ours:   []string{"state", "config/addr", "config/content"},
		not:    []string{hclPath, ctyPath},
		reason: aStore + "; its test neither",
	},
	"plan": {
		ours:   []string{"config", "state", "config/addr", "config/content"},
		reason: "a plan compares configuration and record; it neither sends nor shows, and no store stands behind it",
	},
	"apply": {
		ours:   []string{"apply/pace", "plan", "state", "config/addr", "config/content"},
		reason: "a plan is all that apply needs: a saved one is applied without its configuration",
	},
	"apply/instagram": {
		ours:   []string{"apply/instagram/access", "apply", "plan", "config/addr", "config/content"},
		reason: "the client answers in apply's outcomes and keeps no record",
	},
	"apply/instagram/access": {
		stdOnly: true,
		reason:  "whoever reads how a token is kept needs to read nothing else",
	},
	"apply/pace": {
		reason: "when calls may be made can be told without knowing what a call is",
	},
	"apply/survey": {
		ours:   []string{"apply", "plan", "state", "config/addr", "config/content"},
		reason: "a survey reads what a plan is about; it knows neither the files nor the wire, and writes nothing",
	},
	"internal/view": {
		ours:   []string{"internal/view/odd", "internal/view/safe", "internal/view/wording", "plan", "apply", "apply/survey", "state", "config/addr", "config/content"},
		reason: "a document says what is to be seen of a plan; what it needs of a configuration is in the plan, and no format decides what is said",
	},
	"internal/view/receipt": {
		ours:   []string{"internal/view", "internal/view/wording", "plan", "apply", "config/addr", "config/content"},
		reason: "a receipt is of what a run tells; " + aDocument,
	},
	"internal/view/wording": {
		ours:   []string{"internal/view/odd", "internal/view/safe", "config/content"},
		reason: "how things are put is the same for every document, so none is known here",
	},
	"internal/view/text": {
		ours:   []string{"internal/view", "internal/view/receipt", "internal/view/safe", "internal/view/wording", "plan", "apply", "apply/survey", "state", "config/addr", "config/content"},
		reason: aFormat,
	},
	"internal/view/markdown": {
		ours:   []string{"internal/view", "internal/view/receipt", "internal/view/safe", "internal/view/text", "internal/view/wording", "plan", "apply", "config/content"},
		reason: aFormat + "; a fence holds diagnostics as text has them",
	},
	"internal/view/htmlpage": {
		ours:   []string{"internal/view", "internal/view/odd", "internal/view/receipt", "internal/view/safe", "internal/view/wording", "plan", "apply", "state", "config/addr", "config/content"},
		reason: aFormat,
	},
	"internal/view/jsondoc": {
		ours:   []string{"internal/view", "internal/view/receipt", "internal/view/safe", "internal/view/wording", "plan", "apply", "apply/survey", "state", "config/addr", "config/content"},
		reason: aFormat,
	},
	"internal/view/stream": {
		ours:   []string{"internal/view", "internal/view/jsondoc", "internal/view/receipt", "internal/view/safe", "plan", "apply", "config/addr", "config/content"},
		reason: aFormat + "; lines and documents of JSON have parts in common",
	},
	"internal/view/progress": {
		ours:   []string{"internal/view/receipt", "internal/view/safe", "internal/view/text", "internal/view/wording", "plan", "apply", "apply/survey", "config/content"},
		reason: "what goes on is shown from events, before there is a document; it is coloured as text is",
	},
	"internal/view/viewtest": {
		ours:   []string{"internal/view", "internal/view/safe", "plan", "apply", "apply/survey", "state", "config/addr", "config/content"},
		reason: "samples are documents without a format, so that the tests of every format may use them",
	},
	"internal/view/odd": {
		ours:   []string{"internal/view/safe"},
		reason: "what is odd about a text is seen in the text alone, whoever wrote it",
	},
	"internal/view/safe": {
		reason: "any text is hostile, wherever it came from, so its origin is not asked for",
	},
	"internal/cli": {
		ours: []string{
			"config", "config/addr", "config/content", "config/funcs", "state", "state/filestore",
			"state/pgstore", "state/s3store", "state/httpstore", "state/merge", "state/seal",
			"plan", "apply", "apply/instagram", "apply/instagram/access", "apply/survey",
			"internal/view", "internal/view/htmlpage", "internal/view/jsondoc", "internal/view/markdown", "internal/view/progress",
			"internal/view/receipt", "internal/view/safe", "internal/view/stream", "internal/view/text", "internal/view/wording", "internal/sandbox", "internal/sandbox/fault",
		},
		reason: "cli wires all parts together, but test helpers are for tests",
	},
	"internal/sandbox": {
		ours:   []string{"internal/sandbox/fault"},
		reason: "with types shared between client and simulator, a wrong field name would pass every test",
	},
	"internal/sandbox/fault": {
		stdOnly: true,
		reason:  "what goes wrong is decided by the script and the call, whatever the sandbox makes of it",
	},
	"internal/housetest": {
		stdOnly: true,
		reason:  "the house test reads sources and runs none of them",
	},
}

// ourDir gives the directory of an import path of this repository.
func ourDir(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

// isStd tells the standard library's paths: no dot in their first element.
func isStd(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// allows tells whether code under the rule may import the path.
func (r arrowRule) allows(importPath string) bool {
	if dir, ours := ourDir(importPath); ours {
		return slices.Contains(r.ours, dir)
	}
	if r.stdOnly && !isStd(importPath) {
		return false
	}
	return !slices.ContainsFunc(r.not, func(refused string) bool {
		return importPath == refused || strings.HasPrefix(importPath, refused+"/")
	})
}

// checkArrows holds the direct imports of every package against its rule.
func checkArrows(tr *tree) []string {
	var found []string
	for _, room := range tr.rooms {
		rule, ok := arrowRules[room.dir]
		if !ok {
			found = append(found, fmt.Sprintf("%s has no rule in arrowRules: say what it may import, and why", room.importPath()))
			continue
		}
		for _, file := range room.code() {
			for _, imported := range file.imports() {
				if !rule.allows(imported) {
					found = append(found, fmt.Sprintf("%s imports %s: %s", file.path, imported, rule.reason))
				}
			}
		}
	}
	return found
}

func TestArrows(t *testing.T) {
	report(t, checkArrows(readTree(t, house(t))))
}

// TestArrowRulesAreOneWay reads the rules alone: whatever they allow, no way
// along them leads back to where it began.
func TestArrowRulesAreOneWay(t *testing.T) {
	done := map[string]bool{}
	var visit func(dir string, way []string)
	visit = func(dir string, way []string) {
		if slices.Contains(way, dir) {
			t.Fatalf("the rules allow a circle: %s", strings.Join(append(way, dir), " imports "))
		}
		rule, ok := arrowRules[dir]
		if !ok {
			t.Errorf("a rule allows %s, which has no rule itself", dir)
		}
		if done[dir] {
			return
		}
		for _, next := range rule.ours {
			visit(next, append(way, dir))
		}
		done[dir] = true
	}
	for dir, rule := range arrowRules {
		if rule.reason == "" {
			t.Errorf("the rule for %s gives no reason", dir)
		}
		visit(dir, nil)
	}
}

func TestArrowsFindAWrongImport(t *testing.T) {
	for _, c := range []struct {
		dir, imported string
		refused       bool
	}{
		{".", "herald/internal/cli", false},
		{".", "herald/plan", true},
		{"config/addr", "strings", false},
		{"config/addr", "golang.org/x/text/unicode/norm", true},
		{"config/addr", "herald/config/content", true},
		{"config/content", "net/url", false},
		{"config/content", "github.com/zclconf/go-cty/cty", true},
		{"config/funcs", "github.com/zclconf/go-cty/cty", false},
		{"config/funcs", "herald/config", true},
		{"config", "herald/config/funcs", false},
		{"config", "herald/state", true},
		{"config", "herald/plan", true},
		{"config", "herald/apply", true},
		{"config", "herald/internal/view", true},
		{"state", "herald/config/addr", false},
		{"state", "herald/config", true},
		{"state", "github.com/hashicorp/hcl/v2", true},
		{"state", "github.com/hashicorp/hcl/v2/hclsyntax", true},
		{"state", "github.com/hashicorp/go-version", false},
		{"state/filestore", "herald/state", false},
		{"state/filestore", "herald/plan", true},
		{"state/storetest", "herald/state", false},
		{"state/storetest", "herald/state/filestore", true},
		{"plan", "github.com/hashicorp/hcl/v2", false},
		{"plan", "herald/config", false},
		{"plan", "herald/config/funcs", true},
		{"plan", "herald/state/filestore", true},
		{"plan", "herald/apply", true},
		{"apply", "herald/plan", false},
		{"apply", "herald/config", true},
		{"apply", "herald/internal/view", true},
		{"apply/instagram", "herald/apply", false},
		{"apply/instagram", "herald/state", true},
		{"apply/instagram", "herald/internal/sandbox", true},
		{"internal/view", "herald/state", false},
		{"internal/view", "herald/config", true},
		{"internal/view", "herald/internal/cli", true},
		{"internal/view", "herald/internal/view/text", true},
		{"internal/view/safe", "herald/plan", true},
		{"internal/view/wording", "herald/plan", true},
		{"internal/view/text", "herald/internal/view", false},
		{"internal/view/text", "herald/internal/view/jsondoc", true},
		{"internal/view/htmlpage", "herald/internal/view/text", true},
		{"internal/view/stream", "herald/internal/view/jsondoc", false},
		{"internal/view/text", "herald/internal/view/viewtest", true},
		{"internal/cli", "herald/state/filestore", false},
		{"internal/cli", "herald/state/storetest", true},
		{"internal/sandbox", "net/http", false},
		{"internal/sandbox", "herald/apply/instagram", true},
		{"internal/sandbox", "herald/config/content", true},
	} {
		name := strings.TrimPrefix(c.dir+"/x.go", "./")
		got := checkArrows(readTree(t, files(name, fmt.Sprintf("package x\n\nimport _ %q\n", c.imported))))
		if !c.refused {
			sameFindings(t, got)
			continue
		}
		sameFindings(t, got, fmt.Sprintf("%s imports %s: %s", name, c.imported, arrowRules[c.dir].reason))
	}
}

func TestArrowsLookPastTests(t *testing.T) {
	sameFindings(t, checkArrows(readTree(t, files(
		"state/doc.go", "package state\n",
		"state/state_test.go", "package state_test\n\nimport _ \"herald/state/filestore\"\n",
		"state/testdata/x.go", "package x\n\nimport _ \"herald/plan\"\n",
	))))
}

func TestArrowsNeedARule(t *testing.T) {
	sameFindings(t, checkArrows(readTree(t, files("helpers/helpers.go", "package helpers\n"))),
		"herald/helpers has no rule in arrowRules: say what it may import, and why")
}
