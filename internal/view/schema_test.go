package view

import (
	"bytes"
	"encoding"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaDir = "../../docs/schemas"

// compiled returns the schema docs/schemas/name.schema.json.
func compiled(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join(schemaDir, name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fits returns an error where the document is not as the schema has it.
func fits(s *jsonschema.Schema, doc []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestGoldensFitTheirSchemas(t *testing.T) {
	for file, schema := range map[string]string{
		"plan.json": "plan", "plan-since.json": "plan", "run.json": "run", "diagnostics.json": "validate", "entries.json": "state", "outputs.json": "outputs", "version.json": "version",
	} {
		data, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := fits(compiled(t, schema), data); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestGoldenStreamFitsItsSchema(t *testing.T) {
	lines, err := os.ReadFile(filepath.Join("testdata", "stream.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	checkStream(t, lines)
}

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
		if err := fits(compiled(t, c.schema), []byte(c.doc)); err == nil {
			t.Errorf("the schema of %s takes %s", c.schema, c.doc)
		}
	}
}

// node is a part of a schema.
type node = map[string]any

func readSchema(t *testing.T, name string) node {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(schemaDir, name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var n node
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func schemaNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(schemaDir, "*.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".schema.json"))
	}
	return names
}

// TestSchemasSayTheSame holds that what several schemas define is one thing,
// that each says what it is, and that it is closed.
func TestSchemasSayTheSame(t *testing.T) {
	defs := make(map[string]any)
	names := schemaNames(t)
	if want := []string{"outputs", "plan", "recover", "run", "state", "stream", "validate", "version"}; !slices.Equal(names, want) {
		t.Errorf("the schemas are %q, not %q", names, want)
	}
	for _, name := range names {
		s := readSchema(t, name)
		if got, want := s["$id"], "urn:herald:schema:"+name+":"+FormatVersion; got != want {
			t.Errorf("%s has the id %v, not %s", name, got, want)
		}
		if s["title"] == nil || s["description"] == nil {
			t.Errorf("%s does not say what it is", name)
		}
		more, _ := s["$defs"].(node)
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
	case node:
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

// TestSchemasHaveWhatIsWritten compares each document's Go type with its
// schema, field by field and both ways.
func TestSchemasHaveWhatIsWritten(t *testing.T) {
	for name, doc := range map[string]any{
		"plan": planJSON{}, "run": runJSON{}, "recover": recoverJSON{}, "validate": validateJSON{}, "version": Version{}, "state": entriesJSON{}, "outputs": map[string]outputValueJSON{},
	} {
		s := readSchema(t, name)
		same(t, s, name, reflect.TypeOf(doc), s)
	}
}

// TestStreamSchemaHasWhatIsWritten does the same for each line of the stream.
func TestStreamSchemaHasWhatIsWritten(t *testing.T) {
	s := readSchema(t, "stream")
	lines := map[string]any{
		"version": versionLine{}, "planned_change": plannedLine{}, "change_summary": summaryLine{}, "apply_start": startLine{},
		"apply_progress": progressLine{}, "apply_complete": completeLine{}, "apply_errored": erroredLine{}, "apply_skipped": skippedLine{},
		"account_waiting": accountLine{}, "account_slowed": accountLine{}, "account_paused": accountLine{}, "account_stopped": accountLine{},
		"interrupted": interruptedLine{}, "outputs": outputsLine{}, "diagnostic": diagnosticLine{},
	}
	for _, ref := range s["oneOf"].([]any) {
		kind := strings.TrimPrefix(ref.(node)["$ref"].(string), "#/$defs/line_")
		line, ok := lines[kind]
		if !ok {
			t.Errorf("no line of the type %s is written", kind)
			continue
		}
		delete(lines, kind)
		same(t, s, kind, reflect.TypeOf(line), ref.(node))
	}
	for kind := range lines {
		t.Errorf("the schema has no line of the type %s", kind)
	}
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// same compares a Go type with a part of the schema root.
func same(t *testing.T, root node, path string, typ reflect.Type, n node) {
	t.Helper()
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	n = resolved(root, n)
	switch {
	case typ == reflect.TypeFor[json.RawMessage]():
		return
	case typ.Implements(textMarshaler), typ.Kind() == reflect.String:
		isType(t, path, n, "string")
	case typ.Kind() == reflect.Bool:
		isType(t, path, n, "boolean")
	case typ.Kind() == reflect.Float64:
		isType(t, path, n, "number")
	case typ.Kind() == reflect.Slice:
		isType(t, path, n, "array")
		if items, ok := n["items"].(node); ok {
			same(t, root, path+"[]", typ.Elem(), items)
		}
	case typ.Kind() == reflect.Map:
		isType(t, path, n, "object")
		same(t, root, path+"{}", typ.Elem(), n["additionalProperties"].(node))
	case typ.Kind() == reflect.Struct:
		sameFields(t, root, path, typ, n)
	default: // the integers
		isType(t, path, n, "integer")
	}
}

func sameFields(t *testing.T, root node, path string, typ reflect.Type, n node) {
	t.Helper()
	properties, _ := n["properties"].(node)
	got := fieldsOf(typ)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("%s: the schema's names and those written differ (-schema +written):\n%s", path, diff)
	}
	required, _ := n["required"].([]any)
	for name, f := range got {
		if properties[name] == nil {
			continue
		}
		if slices.Contains(required, any(name)) == f.optional {
			t.Errorf("%s.%s is required in the schema, or may be left out by what is written, but not both", path, name)
		}
		same(t, root, path+"."+name, f.typ, properties[name].(node))
	}
}

type jsonField struct {
	typ      reflect.Type
	optional bool
}

// fieldsOf returns the fields of a struct by their names in JSON.
func fieldsOf(typ reflect.Type) map[string]jsonField {
	fields := make(map[string]jsonField)
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && tag == "" {
			maps.Copy(fields, fieldsOf(f.Type))
			continue
		}
		if tag != "" {
			fields[tag] = jsonField{f.Type, strings.HasPrefix(options, "omit")}
		}
	}
	return fields
}

// resolved follows a reference, and the other half of "or null".
func resolved(root, n node) node {
	if ref, ok := n["$ref"].(string); ok {
		return resolved(root, root["$defs"].(node)[strings.TrimPrefix(ref, "#/$defs/")].(node))
	}
	if either, ok := n["oneOf"].([]any); ok && len(either) == 2 && n["type"] == nil {
		return resolved(root, either[1].(node))
	}
	return n
}

// isType holds that a part of a schema has the type, or constants of it.
func isType(t *testing.T, path string, n node, want string) {
	t.Helper()
	values, _ := n["enum"].([]any)
	if v, ok := n["const"]; ok {
		values = append(values, v)
	}
	for _, v := range values {
		switch v.(type) {
		case string:
			if want != "string" {
				t.Errorf("%s is a %s, and the schema has %q", path, want, v)
			}
		case bool:
			if want != "boolean" {
				t.Errorf("%s is a %s, and the schema has %v", path, want, v)
			}
		}
	}
	if either, ok := n["type"].([]any); ok && slices.Equal(either, []any{want, "null"}) {
		return
	}
	if len(values) == 0 && n["type"] != want {
		t.Errorf("%s is a %s, and the schema says %v", path, want, n["type"])
	}
}
