package plan

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"herald/config/addr"
	"herald/config/content"
)

// writer appends JSON to a buffer. It puts the commas; what is written in
// which order is its caller's. The zero value is ready.
type writer struct {
	buf  []byte
	more bool // a comma comes before the next member or element
	err  error
}

func (w *writer) reset() { *w = writer{buf: w.buf[:0]} }

// name begins a member of an object. The names are plain ASCII.
func (w *writer) name(s string) *writer {
	w.comma()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '"', ':')
	w.more = false
	return w
}

func (w *writer) comma() {
	if w.more {
		w.buf = append(w.buf, ',')
	}
	w.more = true
}

func (w *writer) open() {
	w.comma()
	w.buf = append(w.buf, '{')
	w.more = false
}

func (w *writer) close() {
	w.buf = append(w.buf, '}')
	w.more = true
}

func (w *writer) openList() {
	w.comma()
	w.buf = append(w.buf, '[')
	w.more = false
}

func (w *writer) closeList() {
	w.buf = append(w.buf, ']')
	w.more = true
}

func (w *writer) str(s string) {
	w.comma()
	var err error
	if w.buf, err = jsontext.AppendQuote(w.buf, s); err != nil && w.err == nil {
		w.err = err
	}
}

func (w *writer) strOrNull(s string) {
	if s == "" {
		w.null()
		return
	}
	w.str(s)
}

// moment writes a time in UTC, in whole seconds.
func (w *writer) moment(t time.Time) {
	if t = t.UTC(); (t.Year() < 0 || t.Year() > 9999) && w.err == nil {
		w.err = fmt.Errorf("the year %d cannot be written", t.Year())
	}
	w.str(t.Format(momentFormat))
}

// momentFormat is RFC 3339 in UTC, without fractions of a second.
const momentFormat = "2006-01-02T15:04:05Z"

func (w *writer) null() {
	w.comma()
	w.buf = append(w.buf, "null"...)
}

func (w *writer) bool(b bool) {
	w.comma()
	w.buf = strconv.AppendBool(w.buf, b)
}

func (w *writer) int(n int64) {
	w.comma()
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *writer) float(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		w.null()
		return
	}
	w.comma()
	w.buf = strconv.AppendFloat(w.buf, f, 'g', -1, 64)
}

func (w *writer) strs(list []string) {
	w.openList()
	for _, s := range list {
		w.str(s)
	}
	w.closeList()
}

func (w *writer) addr(a addr.Instance) {
	if a.Keyed {
		w.str(a.String())
		return
	}
	// A name is letters and digits: nothing of it needs an escape.
	w.comma()
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, a.Kind.String()...)
	w.buf = append(w.buf, '.')
	w.buf = append(w.buf, a.Name...)
	w.buf = append(w.buf, '"')
}

func (w *writer) addrs(list []addr.Instance) {
	w.openList()
	for _, a := range list {
		w.addr(a)
	}
	w.closeList()
}

func (w *writer) content(c content.Content) {
	w.open()
	w.name("kind").str(c.Kind.String())
	w.name("value").str(c.Value)
	w.close()
}

func (w *writer) target(t Target) {
	w.open()
	if t.IsRef() {
		w.name("ref").addr(t.Ref)
	} else {
		w.name("id").str(t.ID)
	}
	w.close()
}

func (w *writer) rates(r Rates) {
	w.open()
	w.name("media").float(r.Media)
	w.name("messages").float(r.Messages)
	w.name("reads").float(r.Reads)
	w.close()
}
