package jsondoc

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"herald/internal/view"
	"herald/internal/view/viewtest"
)

func TestGoldensFitTheirSchemas(t *testing.T) {
	for file, schema := range map[string]string{
		"plan.json": "plan", "plan-since.json": "plan", "run.json": "run", "diagnostics.json": "validate", "entries.json": "state", "outputs.json": "outputs", "version.json": "version",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := viewtest.Fits(viewtest.Compiled(t, schema), data); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestSchemasHaveWhatIsWritten compares each document's Go type with its
// schema, field by field and both ways.
func TestSchemasHaveWhatIsWritten(t *testing.T) {
	for name, doc := range map[string]any{
		"plan": planJSON{}, "run": runJSON{}, "recover": recoverJSON{}, "validate": validateJSON{}, "version": view.Version{}, "state": entriesJSON{}, "outputs": map[string]OutputValue{},
	} {
		s := viewtest.ReadSchema(t, name)
		viewtest.Same(t, s, name, reflect.TypeOf(doc), s)
	}
}
