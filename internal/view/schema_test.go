package view_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herald/internal/view/jsondoc"
	"herald/internal/view/viewtest"
)

func TestSchemasRefuse(t *testing.T) {
	for _, c := range []struct{ schema, doc string }{
		{"plan", `{}`},
		{"version", `{"format_version":"2.0","herald_version":"9.0.0","platform":"linux_amd64","go_version":"go2"}`},
		{"version", `{"format_version":"1.0","herald_version":"0.1.0","platform":"linux_amd64","go_version":"go2","more":1}`},
		{"outputs", `{"a":{"sensitive":false,"type":"string","value":"x"}}`},
		{"stream", `{"@level":"info","@message":"","@module":"herald.ui","@timestamp":"2026-09-14T09:30:00Z","type":"later"}`},
		{"stream", `{"@level":"info","@message":"","@module":"herald.ui","@timestamp":"today","type":"version","herald":"0.1.0","ui":"1.0"}`},
		{"stream", `{"@level":"info","@message":"","@module":"herald.ui","@timestamp":"2026-09-14T09:30:00Z","type":"change_summary","changes":{"add":0,"change":0,"import":0,"remove":0,"operation":"plan"},"plan_id":"sha256:` + strings.Repeat("0", 64) + `"}`},
	} {
		if err := viewtest.Fits(viewtest.Compiled(t, c.schema), []byte(c.doc)); err == nil {
			t.Errorf("the schema of %s takes %s", c.schema, c.doc)
		}
	}
}

// TestSchemasSayTheSame holds that what several schemas define is one thing,
// that each says what it is, and that it is closed.
func TestSchemasSayTheSame(t *testing.T) {
	defs := make(map[string]any)
	names := viewtest.SchemaNames(t)
	if want := []string{"outputs", "plan", "recover", "run", "state", "stream", "validate", "version"}; !slices.Equal(names, want) {
		t.Errorf("the schemas are %q, not %q", names, want)
	}
	for _, name := range names {
		s := viewtest.ReadSchema(t, name)
		if got, want := s["$id"], "urn:herald:schema:"+name+":"+jsondoc.FormatVersion; got != want {
			t.Errorf("%s has the id %v, not %s", name, got, want)
		}
		if s["title"] == nil || s["description"] == nil {
			t.Errorf("%s does not say what it is", name)
		}
		more, _ := s["$defs"].(viewtest.Node)
		for def, n := range more {
			if before, ok := defs[def]; ok && !reflect.DeepEqual(before, n) {
				t.Errorf("%s defines %s in another way: %s", name, def, cmp.Diff(before, n))
			}
			defs[def] = n
		}
		closed(t, name, s)
	}
}

// closed holds that an object names all that it may hold.
func closed(t *testing.T, path string, v any) {
	switch v := v.(type) {
	case viewtest.Node:
		if _, ok := v["properties"]; ok && v["required"] != nil && v["type"] == "object" && v["additionalProperties"] != false {
			t.Errorf("%s is not closed", path)
		}
		for k, e := range v {
			closed(t, path+"/"+k, e)
		}
	case []any:
		for _, e := range v {
			closed(t, path, e)
		}
	}
}
