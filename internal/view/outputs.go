package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"herald/config/addr"
	"herald/internal/view/safe"
)

// Output is a named value of the configuration, with the message ids in it.
type Output struct {
	Name      string
	Sensitive bool
	JSON      []byte // the value; not used where it is not known
	Known     bool   // false: a message in it is not sent
}

// DecodeValue reads the JSON of a value; its numbers are json.Number.
func DecodeValue(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the value cannot be read: %w", err)
	}
	return v, nil
}

// ValueText writes the value of an output in the notation of the language, safe
// for a terminal; with hide not that of a sensitive one.
func ValueText(o Output, hide bool) string {
	switch {
	case o.Sensitive && hide:
		return "(sensitive)"
	case !o.Known:
		return "(known after apply)"
	}
	v, err := DecodeValue(o.JSON)
	if err != nil {
		return "(" + safe.Line(err.Error()) + ")"
	}
	var b strings.Builder
	writeValue(&b, v, "")
	return b.String()
}

// writeValue writes a value in the notation of the language.
func writeValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case string:
		b.WriteString(safe.Line(addr.Quote(v)))
	case []any:
		if len(v) == 0 {
			b.WriteString("[]")
			return
		}
		b.WriteString("[\n")
		for _, e := range v {
			b.WriteString(indent + "  ")
			writeValue(b, e, indent+"  ")
			b.WriteString(",\n")
		}
		b.WriteString(indent + "]")
	case map[string]any:
		if len(v) == 0 {
			b.WriteString("{}")
			return
		}
		b.WriteString("{\n")
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b.WriteString(indent + "  " + safe.Line(addr.Quote(k)) + " = ")
			writeValue(b, v[k], indent+"  ")
			b.WriteByte('\n')
		}
		b.WriteString(indent + "}")
	default: // bool, json.Number
		fmt.Fprint(b, v)
	}
}
