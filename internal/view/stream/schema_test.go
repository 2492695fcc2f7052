package stream

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"herald/internal/view/viewtest"
	"herald/plan"
)

// TestJSONDocsHaveEachAction looks for a row for each action.
func TestJSONDocsHaveEachAction(t *testing.T) {
	page, err := os.ReadFile(viewtest.Path("docs/json.md"))
	if err != nil {
		t.Fatal(err)
	}
	for a := plan.NoOp; a <= plan.Forget; a++ {
		row := fmt.Sprintf("`%s`", streamAction(a))
		var actions strings.Builder
		for i, word := range a.Terraform() {
			if i > 0 {
				actions.WriteString(", ")
			}
			fmt.Fprintf(&actions, "%q", word)
		}
		if !regexp.MustCompile(`(?m)^\| .*` + regexp.QuoteMeta("["+actions.String()+"]") + `.*` + regexp.QuoteMeta(row)).Match(page) {
			t.Errorf("docs/json.md has no row for %s: [%s], %s", a, actions.String(), row)
		}
	}
}

func TestGoldenStreamFitsItsSchema(t *testing.T) {
	lines, err := os.ReadFile(filepath.Join("testdata", "stream.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	viewtest.CheckStream(t, lines)
}

// TestStreamSchemaHasWhatIsWritten does the same for each line of the stream.
func TestStreamSchemaHasWhatIsWritten(t *testing.T) {
	s := viewtest.ReadSchema(t, "stream")
	lines := map[string]any{
		"version": versionLine{}, "planned_change": plannedLine{}, "change_summary": summaryLine{}, "apply_start": startLine{},
		"apply_progress": progressLine{}, "apply_complete": completeLine{}, "apply_errored": erroredLine{}, "apply_skipped": skippedLine{},
		"account_waiting": accountLine{}, "account_slowed": accountLine{}, "account_paused": accountLine{}, "account_stopped": accountLine{},
		"interrupted": interruptedLine{}, "outputs": outputsLine{}, "diagnostic": diagnosticLine{},
	}
	for _, ref := range s["oneOf"].([]any) {
		kind := strings.TrimPrefix(ref.(viewtest.Node)["$ref"].(string), "#/$defs/line_")
		line, ok := lines[kind]
		if !ok {
			t.Errorf("no line of the type %s is written", kind)
			continue
		}
		delete(lines, kind)
		viewtest.Same(t, s, kind, reflect.TypeOf(line), ref.(viewtest.Node))
	}
	for kind := range lines {
		t.Errorf("the schema has no line of the type %s", kind)
	}
}
