package funcs

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/zclconf/go-cty/cty"
)

// JSONFault says where JSON cannot be read, and why, without quoting it.
type JSONFault struct {
	Offset int // in bytes
	Reason string
}

// Member is one member of a JSON object.
type Member struct {
	Name       string
	Value      cty.Value
	Start, End int // of its value, in bytes
}

// maxDepth bounds how deep JSON may be nested.
const maxDepth = 500

// DecodeJSON reads one JSON value: objects become objects, arrays tuples. Two
// members of an object whose names are equal, or become equal when HCL
// normalises them (NFC), are an error: one of them would be lost.
func DecodeJSON(src []byte) (cty.Value, *JSONFault) {
	d := newJSON(src)
	val, err := d.value(0)
	if err != nil {
		return cty.DynamicVal, err
	}
	return val, d.end()
}

// DecodeJSONObject reads one JSON object and returns its members in their order.
func DecodeJSONObject(src []byte) ([]Member, *JSONFault) {
	d := newJSON(src)
	if d.dec.PeekKind() != '{' {
		if _, err := d.token(); err != nil {
			return nil, err
		}
		return nil, &JSONFault{0, "it does not begin with a brace"}
	}
	var members []Member
	_, err := d.object(0, func(name string, val cty.Value, start, end int) {
		members = append(members, Member{name, val, start, end})
	})
	if err != nil {
		return nil, err
	}
	return members, d.end()
}

type jsonDecoder struct {
	dec *jsontext.Decoder
	src []byte
}

func newJSON(src []byte) *jsonDecoder {
	return &jsonDecoder{jsontext.NewDecoder(bytes.NewBuffer(src)), src}
}

func (d *jsonDecoder) token() (jsontext.Token, *JSONFault) {
	tok, err := d.dec.ReadToken()
	if err == nil {
		return tok, nil
	}
	return tok, d.fail(err)
}

func (d *jsonDecoder) fail(err error) *JSONFault {
	out := &JSONFault{int(d.dec.InputOffset()), "it is not valid JSON"}
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		out.Reason = "a name occurs twice in one object, so that one of the two values would be lost"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		out.Reason = "it ends too early"
	}
	if errors.As(err, &syntax) {
		out.Offset = int(syntax.ByteOffset)
	}
	return out
}

// end makes sure that nothing follows.
func (d *jsonDecoder) end() *JSONFault {
	_, err := d.dec.ReadToken()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return &JSONFault{int(d.dec.InputOffset()), "something follows behind its end"}
}

func (d *jsonDecoder) value(depth int) (cty.Value, *JSONFault) {
	if depth > maxDepth {
		return cty.DynamicVal, &JSONFault{int(d.dec.InputOffset()), "it is nested too deeply"}
	}
	switch d.dec.PeekKind() {
	case '{':
		attrs, err := d.object(depth, nil)
		if err != nil {
			return cty.DynamicVal, err
		}
		return cty.ObjectVal(attrs), nil
	case '[':
		return d.array(depth)
	}
	tok, err := d.token()
	if err != nil {
		return cty.DynamicVal, err
	}
	switch tok.Kind() {
	case 'n':
		return cty.NullVal(cty.DynamicPseudoType), nil
	case 't', 'f':
		return cty.BoolVal(tok.Bool()), nil
	case '"':
		return cty.StringVal(tok.String()), nil
	}
	text := tok.String()
	if len(text) > 2*maxDigits {
		text = ""
	}
	num, nerr := cty.ParseNumberVal(text)
	if nerr != nil || largeNumber(num.AsBigFloat()) {
		return cty.DynamicVal, &JSONFault{int(d.dec.InputOffset()), "a number is out of range"}
	}
	return num, nil
}

func (d *jsonDecoder) array(depth int) (cty.Value, *JSONFault) {
	if _, err := d.token(); err != nil {
		return cty.DynamicVal, err
	}
	var elems []cty.Value
	for d.dec.PeekKind() != ']' {
		val, err := d.value(depth + 1)
		if err != nil {
			return cty.DynamicVal, err
		}
		elems = append(elems, val)
	}
	if _, err := d.token(); err != nil {
		return cty.DynamicVal, err
	}
	return cty.TupleVal(elems), nil
}

// object reads an object. each, if given, is told of every member.
func (d *jsonDecoder) object(depth int, each func(name string, val cty.Value, start, end int)) (map[string]cty.Value, *JSONFault) {
	if _, err := d.token(); err != nil {
		return nil, err
	}
	attrs := map[string]cty.Value{}
	for d.dec.PeekKind() != '}' {
		tok, err := d.token()
		if err != nil {
			return nil, err
		}
		name := cty.NormalizeString(tok.String())
		start := int(d.dec.InputOffset())
		if _, taken := attrs[name]; taken {
			return nil, &JSONFault{start, "two names in one object are the same character for character once HCL normalises them, so that one of the two values would be lost"}
		}
		val, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		attrs[name] = val
		if each != nil {
			for start < len(d.src) && (d.src[start] == ':' || d.src[start] == ' ' || d.src[start] == '\n' || d.src[start] == '\t' || d.src[start] == '\r') {
				start++
			}
			each(name, val, start, int(d.dec.InputOffset()))
		}
	}
	if _, err := d.token(); err != nil {
		return nil, err
	}
	return attrs, nil
}
