package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/addr"
	"herald/config/content"
	"herald/state"
)

// maxFile is the size in bytes past which a file is taken for something else
// than a plan: 100,000 messages of full length have a fifth of it.
const maxFile = 1 << 30

// FormatError says that a file is no saved plan that can be applied, why, and
// what to do.
type FormatError struct {
	Path    string
	Problem string // a sentence without a full stop
	Advice  string // what to do, in sentences
}

// Error returns place and problem.
func (e *FormatError) Error() string { return e.Path + ": " + e.Problem }

// What to do about a file that is no plan.
const (
	adviceNotPlan = "Give the file that plan -out has written. Nothing was sent."
	adviceNewer   = "Use that version of Herald, or a newer one, or make the plan anew with this one. Nothing was sent."
	adviceEdited  = "A plan is applied as it was made and approved. Make a new one with plan -out. Nothing was sent."
)

// Decode reads a plan that Encode has written. The path is for errors only. An
// error is a *FormatError, or that of r. A plan whose content does not fit its
// check or its id is refused: it was edited by hand, or damaged.
func Decode(r io.Reader, path string) (*Plan, error) { return decode(r, path, maxFile) }

func decode(r io.Reader, path string, limit int64) (*Plan, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	refuse := func(advice, form string, args ...any) error {
		return &FormatError{Path: path, Problem: fmt.Sprintf(form, args...), Advice: advice}
	}
	if int64(len(data)) > limit {
		return nil, refuse(adviceNotPlan, "the file is larger than %d MiB, so it is no plan of Herald", limit>>20)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, refuse(adviceNotPlan, "the file is empty")
	}
	d := decoder{plan: &Plan{}, data: data}
	err = d.read()
	var newer newerError
	switch {
	case errors.As(err, &newer):
		return nil, refuse(adviceNewer, "%v", err)
	case err != nil && !d.versioned:
		return nil, refuse(adviceNotPlan, "this is not a plan of Herald: %v", err)
	case !d.sealed && err != nil:
		return nil, refuse(adviceEdited, "%v", err)
	case d.sum != d.check:
		return nil, refuse(adviceEdited, "the check does not fit the plan: the file was edited by hand or damaged")
	case err != nil:
		return nil, refuse(adviceEdited, "%v", err)
	}
	if err := d.plan.valid(); err != nil {
		return nil, refuse(adviceEdited, "%v", err)
	}
	id, err := d.plan.digest()
	if err != nil {
		return nil, refuse(adviceEdited, "%v", err)
	}
	if id != d.plan.ID {
		return nil, refuse(adviceEdited, "the id %s is not that of the plan, which is %s: the file was edited by hand or damaged", d.plan.ID, id)
	}
	return d.plan, nil
}

// newerError says that a later Herald wrote the file.
type newerError int

func (e newerError) Error() string {
	return fmt.Sprintf("a newer Herald wrote this plan: its format is version %d, and this Herald knows %d", int(e), FormatVersion)
}

// decoder reads one file.
type decoder struct {
	plan      *Plan
	data      []byte
	dec       *jsontext.Decoder
	versioned bool   // the version was read, and is known
	sealed    bool   // the check was read
	check     string // as the file has it
	sum       string // of the bytes before it
}

// read walks through the fields of the outermost object.
func (d *decoder) read() error {
	d.dec = jsontext.NewDecoder(bytes.NewReader(d.data))
	if tok, err := d.dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return errors.New("it does not begin with a JSON object")
	}
	seen := 0
	for d.dec.PeekKind() == '"' {
		before := d.dec.InputOffset()
		tok, err := d.dec.ReadToken()
		if err != nil {
			return d.syntax(err)
		}
		name := tok.String()
		if !d.versioned && name != "format_version" {
			return fmt.Errorf("its first field is %q; a plan begins with format_version", name)
		}
		if d.sealed {
			return fmt.Errorf("the field %q comes after the check", name)
		}
		if name == "check" {
			sum := sha256.Sum256(d.data[:before])
			d.sum = "sha256:" + hex.EncodeToString(sum[:])
		}
		if err := d.field(name); err != nil {
			return err
		}
		switch name {
		case "expires", "store", "encryption":
		default:
			seen++
		}
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return d.syntax(err)
	}
	if _, err := d.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the plan")
	}
	if !d.sealed || seen != fields {
		return errors.New("a field of the plan is missing")
	}
	return nil
}

// syntax says where the text stops being JSON.
func (d *decoder) syntax(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends too early: it was cut off")
	}
	line := 1 + bytes.Count(d.data[:min(int(d.dec.InputOffset()), len(d.data))], []byte("\n"))
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && semantic.Err != nil {
		return fmt.Errorf("line %d: %w", line, semantic.Err)
	}
	return fmt.Errorf("line %d is not as Herald writes it", line)
}

// value reads a value into v. Unknown members and names given twice are errors.
func (d *decoder) value(v any) error {
	if err := json.UnmarshalDecode(d.dec, v, json.RejectUnknownMembers(true)); err != nil {
		return d.syntax(err)
	}
	return nil
}

// fields is how many fields a saved plan has, without those that may be
// missing: expires, store and encryption.
const fields = 14

// field reads the value of a field of the outermost object.
func (d *decoder) field(name string) error {
	p := d.plan
	switch name {
	case "format_version":
		return d.version()
	case "producer":
		return d.value(&p.Producer)
	case "id":
		return d.value(&p.ID)
	case "lineage":
		return d.value(&p.Lineage)
	case "serial":
		return d.value(&p.Serial)
	case "expires":
		return d.expires()
	case "store":
		var w wireStore
		return d.take(&w, func() (err error) { p.Store, err = w.store(); return err })
	case "encryption":
		var w wireEncryption
		return d.take(&w, func() (err error) { p.Encryption, err = w.encryption(); return err })
	case "accounts":
		return each(d, func(w wireAccount) error {
			a, err := w.account()
			p.Accounts = append(p.Accounts, a)
			return err
		})
	case "limits":
		var l wireLimits
		err := d.value(&l)
		p.Limits = Limits(l)
		return err
	case "selection":
		return d.selection()
	case "retry_rejected":
		return d.value(&p.RetryRejected)
	case "retired":
		return d.value(&p.Retired)
	case "moves":
		return each(d, func(m Move) error { p.Moves = append(p.Moves, m); return nil })
	case "outputs":
		return each(d, func(o wireOutput) error {
			p.Outputs = append(p.Outputs, Output{Name: o.Name, Sensitive: o.Sensitive, JSON: []byte(o.JSON), Refs: o.Refs})
			return nil
		})
	case "changes":
		return each(d, func(w wireChange) error {
			c, err := w.change()
			p.Changes = append(p.Changes, c)
			return err
		})
	case "check":
		d.sealed = true
		return d.value(&d.check)
	}
	return fmt.Errorf("the field %q is unknown", name)
}

// take reads a value into v, and then makes something of it.
func (d *decoder) take(v any, of func() error) error {
	if err := d.value(v); err != nil {
		return err
	}
	return of()
}

func (d *decoder) version() error {
	var v int
	if err := d.value(&v); err != nil {
		return errors.New("its format_version is no whole number")
	}
	if v > FormatVersion {
		return newerError(v)
	}
	if v < 1 {
		return fmt.Errorf("no Herald has written a plan of format_version %d", v)
	}
	d.versioned = true
	return nil
}

// selection reads what the plan was asked for.
func (d *decoder) selection() error {
	var s wireSelection
	err := d.value(&s)
	if len(s.Only) > 0 {
		d.plan.Selection.Only = s.Only
	}
	if len(s.Exclude) > 0 {
		d.plan.Selection.Exclude = s.Exclude
	}
	return err
}

// expires reads when the plan stops being accepted.
func (d *decoder) expires() error {
	var text string
	if err := d.value(&text); err != nil {
		return err
	}
	t, err := time.Parse(momentFormat, text)
	if err != nil || t.Format(momentFormat) != text || t.IsZero() {
		return fmt.Errorf("expires = %q is no time as Herald writes it, such as 2026-01-31T18:00:00Z", text)
	}
	d.plan.Expires = t
	return nil
}

// each reads a list, one element at a time.
func each[T any](d *decoder, take func(T) error) error {
	if d.dec.PeekKind() != '[' {
		return d.syntax(errors.New("a list was expected"))
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return d.syntax(err)
	}
	for d.dec.PeekKind() != ']' {
		var v T
		if err := d.value(&v); err != nil {
			return err
		}
		if err := take(v); err != nil {
			return err
		}
	}
	if _, err := d.dec.ReadToken(); err != nil {
		return d.syntax(err)
	}
	return nil
}

// The parts of a saved plan, as JSON has them.
type (
	wireAccount struct {
		Name       string `json:"name"`
		IGID       string `json:"ig_id"`
		Endpoint   string `json:"endpoint"`
		APIVersion string `json:"api_version"`
		Rates      struct {
			Messages float64 `json:"messages"`
			Media    float64 `json:"media"`
			Reads    float64 `json:"reads"`
		} `json:"rates"`
		SettleAfter string `json:"settle_after"`
	}
	wireLimits struct {
		MaxSends             int `json:"max_sends"`
		MaxSendsPerRecipient int `json:"max_sends_per_recipient"`
		StopAfterFailures    int `json:"stop_after_failures"`
	}
	wireSelection struct {
		Only    []string `json:"only"`
		Exclude []string `json:"exclude"`
	}
	wireStore struct {
		Type     string            `json:"type"`
		Settings map[string]string `json:"settings"`
		Range    wireRange         `json:"range"`
	}
	wireEncryption struct {
		Recipients []string  `json:"recipients"`
		Passphrase bool      `json:"passphrase"`
		Range      wireRange `json:"range"`
	}
	wireOutput struct {
		Name      string          `json:"name"`
		Sensitive bool            `json:"sensitive"`
		JSON      string          `json:"json"`
		Refs      []addr.Instance `json:"refs"`
	}
	wireChange struct {
		Addr           addr.Instance    `json:"address"`
		Revision       int              `json:"revision"`
		Action         Action           `json:"action"`
		Reason         Reason           `json:"reason"`
		Account        string           `json:"account"`
		Recipient      string           `json:"recipient"`
		Content        *content.Content `json:"content"`
		Fingerprint    string           `json:"fingerprint"`
		Target         *wireTarget      `json:"target"`
		React          string           `json:"reaction"`
		ImportID       string           `json:"import_id"`
		Sensitive      bool             `json:"sensitive"`
		OnInDoubt      string           `json:"on_in_doubt"`
		AllowDuplicate bool             `json:"allow_duplicate"`
		DependsOn      []addr.Instance  `json:"depends_on"`
		HeldBy         addr.Instance    `json:"held_by"`
		HeldWhy        Reason           `json:"held_why"`
		Base           *state.Entry     `json:"base"`
		BaseChange     int64            `json:"base_change"`
		MovedFrom      addr.Instance    `json:"moved_from"`
		Range          wireRange        `json:"range"`
	}
	wireTarget struct {
		Ref addr.Instance `json:"ref"`
		ID  string        `json:"id"`
	}
	wireRange struct {
		File  string `json:"file"`
		Start [3]int `json:"start"` // line, column, byte
		End   [3]int `json:"end"`
	}
)

// account makes an account of what a file holds.
func (w *wireAccount) account() (Account, error) {
	a := Account{Name: w.Name, IGID: w.IGID, Endpoint: w.Endpoint, APIVersion: w.APIVersion, Rates: Rates(w.Rates)}
	var err error
	if a.SettleAfter, err = time.ParseDuration(w.SettleAfter); err != nil {
		return a, fmt.Errorf("settle_after of the account %q is no duration", w.Name)
	}
	return a, nil
}

// store makes a store of what a file holds.
func (w *wireStore) store() (*config.Store, error) {
	s := &config.Store{Type: w.Type, Settings: w.Settings}
	if s.Settings == nil {
		return nil, errors.New("the store has no settings")
	}
	var err error
	if s.Range, err = w.Range.hcl(); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return s, s.Check()
}

// encryption makes an encryption of what a file holds.
func (w *wireEncryption) encryption() (*config.Encryption, error) {
	e := &config.Encryption{Passphrase: w.Passphrase}
	if len(w.Recipients) > 0 {
		e.Recipients = w.Recipients
	}
	var err error
	if e.Range, err = w.Range.hcl(); err != nil {
		return nil, fmt.Errorf("encryption: %w", err)
	}
	return e, e.Check()
}

// hcl returns the range, or says that it is none.
func (r wireRange) hcl() (hcl.Range, error) {
	if r == (wireRange{}) {
		return hcl.Range{}, nil
	}
	pos := func(at [3]int) hcl.Pos { return hcl.Pos{Line: at[0], Column: at[1], Byte: at[2]} }
	whole := hcl.Range{Filename: r.File, Start: pos(r.Start), End: pos(r.End)}
	for _, n := range append(r.Start[:], r.End[:]...) {
		if n < 0 || n > math.MaxInt32 {
			return whole, fmt.Errorf("%d is no line, column or byte of its range", n)
		}
	}
	if r.File == "" || whole.End.Byte < whole.Start.Byte || whole.End.Line < whole.Start.Line {
		return whole, errors.New("its range has no file, or ends before it begins")
	}
	return whole, nil
}
