package plan

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// FormatVersion is the version of the saved plan's format that this Herald
// writes and reads.
const FormatVersion = 1

// producer stands in a saved plan whose Producer is empty.
const producer = "herald"

// Encode writes the plan as a JSON object: all that an apply and a display
// need, without the configuration or its variables. It holds the text of every
// message, and no token. Its fields stand one to a line, and so do the changes.
// Equal plans are equal bytes. The last field, check, is the SHA-256 of all
// bytes before it.
//
// The error is that of w, or says what in the plan cannot be written.
func (p *Plan) Encode(w io.Writer) error {
	sum := sha256.New()
	out := &fileWriter{out: bufio.NewWriterSize(w, 64<<10), sum: sum}
	out.raw("{\n")
	p.encodeHeader(out)
	out.list("moves", len(p.Moves), func(w *writer, i int) {
		w.open()
		w.name("from").addr(p.Moves[i].From)
		w.name("to").addr(p.Moves[i].To)
		w.close()
	})
	out.list("outputs", len(p.Outputs), func(w *writer, i int) { encodeOutput(w, &p.Outputs[i]) })
	out.list("changes", len(p.Changes), func(w *writer, i int) { encodeChange(w, p.Changes[i]) })
	check := "sha256:" + hex.EncodeToString(sum.Sum(nil))
	out.field("check", ",\n", func(w *writer) { w.str(check) })
	out.raw("\n}\n")
	if out.err != nil {
		return out.err
	}
	return out.out.Flush()
}

// fileWriter writes the parts of a saved plan and sums them up.
type fileWriter struct {
	out *bufio.Writer
	sum hash.Hash
	w   writer
	err error
}

// raw writes text.
func (f *fileWriter) raw(s string) { f.bytes([]byte(s)) }

func (f *fileWriter) bytes(b []byte) {
	f.sum.Write(b)
	_, _ = f.out.Write(b) // its error is kept for Flush
}

// field writes one field of the outermost object, after what separates it from
// the one before.
func (f *fileWriter) field(name, before string, write func(w *writer)) {
	f.w.reset()
	f.w.name(name)
	write(&f.w)
	f.flush(before)
}

// list writes a field that is a list with one element to a line.
func (f *fileWriter) list(name string, n int, write func(w *writer, i int)) {
	f.raw(",\n\"" + name + "\":[")
	for i := range n {
		f.w.reset()
		write(&f.w, i)
		before := ",\n"
		if i == 0 {
			before = "\n"
		}
		f.flush(before)
	}
	if n > 0 {
		f.raw("\n")
	}
	f.raw("]")
}

func (f *fileWriter) flush(before string) {
	if f.w.err != nil && f.err == nil {
		f.err = fmt.Errorf("the plan cannot be written: %w", f.w.err)
	}
	f.raw(before)
	f.bytes(f.w.buf)
}

// encodeHeader writes the fields that are not lists of things to do.
func (p *Plan) encodeHeader(out *fileWriter) {
	const next = ",\n"
	out.field("format_version", "", func(w *writer) { w.int(FormatVersion) })
	out.field("producer", next, func(w *writer) {
		name := p.Producer
		if name == "" {
			name = producer
		}
		w.str(name)
	})
	out.field("id", next, func(w *writer) { w.str(p.ID) })
	out.field("lineage", next, func(w *writer) { w.strOrNull(p.Lineage) })
	out.field("serial", next, func(w *writer) { w.int(int64(p.Serial)) })
	if !p.Expires.IsZero() {
		out.field("expires", next, func(w *writer) { w.moment(p.Expires) })
	}
	p.encodeStore(out, next)
	out.field("accounts", next, func(w *writer) {
		w.openList()
		for i := range p.Accounts {
			encodeAccount(w, &p.Accounts[i])
		}
		w.closeList()
	})
	out.field("limits", next, func(w *writer) {
		w.open()
		w.name("max_sends").int(int64(p.Limits.MaxSends))
		w.name("max_sends_per_recipient").int(int64(p.Limits.MaxSendsPerRecipient))
		w.name("stop_after_failures").int(int64(p.Limits.StopAfterFailures))
		w.close()
	})
	out.field("selection", next, func(w *writer) {
		w.open()
		w.name("only").strs(p.Selection.Only)
		w.name("exclude").strs(p.Selection.Exclude)
		w.close()
	})
	out.field("retry_rejected", next, func(w *writer) { w.bool(p.RetryRejected) })
	out.field("retired", next, func(w *writer) { w.int(int64(p.Retired)) })
}

// encodeStore writes how the record is kept, where the configuration says it.
func (p *Plan) encodeStore(out *fileWriter, before string) {
	if s := p.Store; s != nil {
		out.field("store", before, func(w *writer) {
			w.open()
			w.name("type").str(s.Type)
			w.name("settings").open()
			for _, name := range slices.Sorted(maps.Keys(s.Settings)) {
				w.name(name).str(s.Settings[name])
			}
			w.close()
			encodeRangeOf(w, s.Range)
			w.close()
		})
	}
	if e := p.Encryption; e != nil {
		out.field("encryption", before, func(w *writer) {
			w.open()
			w.name("recipients").strs(e.Recipients)
			w.name("passphrase").bool(e.Passphrase)
			encodeRangeOf(w, e.Range)
			w.close()
		})
	}
}

func encodeAccount(w *writer, a *Account) {
	w.open()
	w.name("name").str(a.Name)
	w.name("ig_id").str(a.IGID)
	w.name("endpoint").str(a.Endpoint)
	w.name("api_version").str(a.APIVersion)
	w.name("rates").rates(a.Rates)
	w.name("settle_after").str(a.SettleAfter.String())
	w.close()
}

func encodeOutput(w *writer, o *Output) {
	w.open()
	w.name("name").str(o.Name)
	if o.Sensitive {
		w.name("sensitive").bool(true)
	}
	// In a string of its own, for the marks within it are Herald's.
	w.name("json").str(string(o.JSON))
	if len(o.Refs) > 0 {
		w.name("refs").addrs(o.Refs)
	}
	w.close()
}

// encodeChange writes a change; what is empty is left out. The fingerprint of a
// content is not written: it follows from it.
func encodeChange(w *writer, c *Change) {
	w.open()
	w.name("address").addr(c.Addr)
	w.name("revision").int(int64(c.Revision))
	w.name("action").str(c.Action.String())
	w.name("reason").str(string(c.Reason))
	w.name("account").str(c.Account)
	w.name("recipient").str(c.Recipient)
	if c.Content.Kind != content.KindInvalid {
		w.name("content").content(c.Content)
	} else {
		w.name("fingerprint").str(c.Fingerprint)
	}
	if c.Addr.Kind == addr.Reaction {
		w.name("target").target(c.Target)
		w.name("reaction").str(c.React)
	}
	if c.ImportID != "" {
		w.name("import_id").str(c.ImportID)
	}
	if c.Sensitive {
		w.name("sensitive").bool(true)
	}
	if c.OnInDoubt == config.DoubtHold {
		w.name("on_in_doubt").str(doubtName(c.OnInDoubt))
	}
	if c.AllowDuplicate {
		w.name("allow_duplicate").bool(true)
	}
	if len(c.DependsOn) > 0 {
		w.name("depends_on").addrs(c.DependsOn)
	}
	if !c.HeldBy.IsZero() {
		w.name("held_by").addr(c.HeldBy)
		w.name("held_why").str(string(c.HeldWhy))
	}
	if c.Base != nil {
		w.name("base").entry(c.Base)
	}
	if c.BaseChange != 0 {
		w.name("base_change").int(c.BaseChange)
	}
	if !c.MovedFrom.IsZero() {
		w.name("moved_from").addr(c.MovedFrom)
	}
	encodeRangeOf(w, c.Range)
	w.close()
}

// encodeRangeOf writes the member range, where there is one.
func encodeRangeOf(w *writer, r hcl.Range) {
	if r.Filename != "" {
		w.name("range")
		encodeRange(w, r)
	}
}

// encodeRange writes where something stands: the file as the configuration
// names it, and line, column and byte of its first and of the one behind its
// last character.
func encodeRange(w *writer, r hcl.Range) {
	w.open()
	w.name("file").str(r.Filename)
	for _, end := range []struct {
		name string
		at   hcl.Pos
	}{{"start", r.Start}, {"end", r.End}} {
		w.name(end.name).openList()
		for _, n := range [...]int{end.at.Line, end.at.Column, end.at.Byte} {
			w.int(int64(n))
		}
		w.closeList()
	}
	w.close()
}

// entry writes an entry as the record does.
func (w *writer) entry(e *state.Entry) {
	w.comma()
	var err error
	if w.buf, err = state.AppendEntry(w.buf, e); err != nil && w.err == nil {
		w.err = err
	}
}
