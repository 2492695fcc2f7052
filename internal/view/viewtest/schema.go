package viewtest

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

// Compiled returns the schema docs/schemas/name.schema.json.
func Compiled(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(filepath.Join(Path("docs/schemas"), name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Fits returns an error where the document is not as the schema has it.
func Fits(s *jsonschema.Schema, doc []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// Node is a part of a schema.
type Node = map[string]any

// ReadSchema reads a schema of docs/schemas, undigested.
func ReadSchema(t *testing.T, name string) Node {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(Path("docs/schemas"), name+".schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var n Node
	if err := json.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// SchemaNames lists the schemas of docs/schemas.
func SchemaNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(Path("docs/schemas"), "*.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".schema.json"))
	}
	return names
}

var textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()

// Same compares a Go type with a part of the schema root.
func Same(t *testing.T, root Node, path string, typ reflect.Type, n Node) {
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
		if items, ok := n["items"].(Node); ok {
			Same(t, root, path+"[]", typ.Elem(), items)
		}
	case typ.Kind() == reflect.Map:
		isType(t, path, n, "object")
		Same(t, root, path+"{}", typ.Elem(), n["additionalProperties"].(Node))
	case typ.Kind() == reflect.Struct:
		sameFields(t, root, path, typ, n)
	default: // the integers
		isType(t, path, n, "integer")
	}
}

func sameFields(t *testing.T, root Node, path string, typ reflect.Type, n Node) {
	t.Helper()
	properties, _ := n["properties"].(Node)
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
		Same(t, root, path+"."+name, f.typ, properties[name].(Node))
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
func resolved(root, n Node) Node {
	if ref, ok := n["$ref"].(string); ok {
		return resolved(root, root["$defs"].(Node)[strings.TrimPrefix(ref, "#/$defs/")].(Node))
	}
	if either, ok := n["oneOf"].([]any); ok && len(either) == 2 && n["type"] == nil {
		return resolved(root, either[1].(Node))
	}
	return n
}

// isType holds that a part of a schema has the type, or constants of it.
func isType(t *testing.T, path string, n Node, want string) {
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

// CheckStream holds that every line is one of the schema's, and the first the
// version.
func CheckStream(t testing.TB, lines []byte) {
	t.Helper()
	s := Compiled(t, "stream")
	for i, line := range bytes.Split(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n")) {
		if err := Fits(s, line); err != nil {
			t.Errorf("line %d: %s\n%v", i+1, line, err)
		}
		if i == 0 && !bytes.Contains(line, []byte(`"type":"version"`)) {
			t.Errorf("the first line is %s", line)
		}
	}
}
