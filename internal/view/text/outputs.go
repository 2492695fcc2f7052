package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"herald/internal/view"
	"herald/internal/view/safe"
)

// Outputs writes outputs in the notation of the language, under a title if
// title is not "". Nothing is written for none.
func Outputs(w io.Writer, outs []view.Output, title string, opts Options) error {
	if len(outs) == 0 {
		return nil
	}
	p := newPage(opts)
	if title != "" {
		p.line(p.Paint(p.Bold, title))
		p.line()
	}
	for _, o := range outs {
		p.line(safe.Line(o.Name), " = ", view.ValueText(o, true))
	}
	return p.writeTo(w)
}

// Output writes the value of one output in the notation of the language.
// It was asked for by name, so a sensitive one is written too.
func Output(w io.Writer, o view.Output) error {
	_, err := io.WriteString(w, view.ValueText(o, false)+"\n")
	return err
}

// Raw writes the value of one output that is a string, number or bool,
// byte for byte and without a line break, for the use of scripts. For another
// the error says so.
func Raw(w io.Writer, o view.Output) error {
	if !o.Known {
		return errors.New("the value is known only after an apply")
	}
	v, err := view.DecodeValue(o.JSON)
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
