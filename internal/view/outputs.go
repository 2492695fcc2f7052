package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

type outputValueJSON struct {
	Sensitive bool            `json:"sensitive"`
	Type      json.RawMessage `json:"type"`
	Value     json.RawMessage `json:"value"` // null if not known
	Known     bool            `json:"known"`
}

// OutputsText writes outputs in the notation of the language, under a title if
// title is not "". Nothing is written for none.
func OutputsText(w io.Writer, outs []Output, title string, opts TextOptions) error {
	if len(outs) == 0 {
		return nil
	}
	p := newPage(opts)
	if title != "" {
		p.line(p.paint(p.bold, title))
		p.line()
	}
	for _, o := range outs {
		p.line(safe.Line(o.Name), " = ", valueText(o, true))
	}
	return p.writeTo(w)
}

// OutputText writes the value of one output in the notation of the language.
// It was asked for by name, so a sensitive one is written too.
func OutputText(w io.Writer, o Output) error {
	_, err := io.WriteString(w, valueText(o, false)+"\n")
	return err
}

// OutputRaw writes the value of one output that is a string, number or bool,
// byte for byte and without a line break, for the use of scripts. For another
// the error says so.
func OutputRaw(w io.Writer, o Output) error {
	if !o.Known {
		return errors.New("the value is known only after an apply")
	}
	v, err := decodeValue(o.JSON)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		_, err = io.WriteString(w, v)
	case json.Number:
		_, err = io.WriteString(w, v.String())
	case bool:
		_, err = fmt.Fprint(w, v)
	default:
		err = errors.New("only a string, a number or a bool can be written raw")
	}
	return err
}

// OutputsJSON writes the outputs as Terraform's output -json does: by name,
// with sensitive, type and value. Sensitive values are written too.
func OutputsJSON(w io.Writer, outs []Output) error {
	return writeJSON(w, outputValues(outs))
}

// OutputJSON writes the value of one output.
func OutputJSON(w io.Writer, o Output) error {
	if !o.Known {
		return writeJSON(w, nil)
	}
	return writeJSON(w, json.RawMessage(o.JSON))
}

func outputValues(outs []Output) map[string]outputValueJSON {
	m := make(map[string]outputValueJSON, len(outs))
	for _, o := range outs {
		j := outputValueJSON{Sensitive: o.Sensitive, Known: o.Known, Type: json.RawMessage(`"dynamic"`)}
		if o.Known && json.Valid(o.JSON) {
			j.Value = o.JSON
			if v, err := decodeValue(o.JSON); err == nil {
				j.Type = json.RawMessage(typeOf(v))
			}
		}
		m[o.Name] = j
	}
	return m
}

// shownOutputs is outputValues without the values of sensitive ones: they were
// not asked for by name.
func shownOutputs(outs []Output) map[string]outputValueJSON {
	m := outputValues(outs)
	for name, j := range m {
		if j.Sensitive {
			j.Type, j.Value = json.RawMessage(`"dynamic"`), nil
			m[name] = j
		}
	}
	return m
}

func decodeValue(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("the value cannot be read: %w", err)
	}
	return v, nil
}

func valueText(o Output, hide bool) string {
	switch {
	case o.Sensitive && hide:
		return "(sensitive)"
	case !o.Known:
		return "(known after apply)"
	}
	v, err := decodeValue(o.JSON)
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

// typeOf writes the type of a value as cty's JSON does: "string",
// ["tuple",["string","number"]], ["object",{"a":"bool"}].
func typeOf(v any) string {
	switch v := v.(type) {
	case string:
		return `"string"`
	case json.Number:
		return `"number"`
	case bool:
		return `"bool"`
	case []any:
		types := make([]string, len(v))
		for i, e := range v {
			types[i] = typeOf(e)
		}
		return `["tuple",[` + strings.Join(types, ",") + `]]`
	case map[string]any:
		var types []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			name, err := json.Marshal(k)
			if err != nil {
				return `"dynamic"`
			}
			types = append(types, string(name)+":"+typeOf(v[k]))
		}
		return `["object",{` + strings.Join(types, ",") + `}]`
	}
	return `"dynamic"`
}
