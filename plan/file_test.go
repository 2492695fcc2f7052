package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"herald/config"
	"herald/config/content"
	"herald/state"
)

var update = flag.Bool("update", false, "write the golden files anew")

const recipient = "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv"

// sample is a plan with one of everything.
func sample(t testing.TB) *Plan {
	w := newWorld(t)
	w.record.Serial = 7
	w.message("message.sent", "Hi <b>&\u2028 \U0001F600")
	w.message("message.refused", "no")
	w.message("message.after", "later", "message.refused")
	w.message(`message.each["a\"b$${c}"]`, "one").Recipient = ben
	w.message(`message.each["z"]`, "two").Recipient = ben
	doubt := w.message("message.doubt", "maybe")
	doubt.Recipient, doubt.OnInDoubt = "1003", config.DoubtHold
	raised := w.message("message.raised", "again")
	raised.Recipient, raised.Revision, raised.AllowDuplicate, raised.Sensitive = "1004", 2, true, true
	link := w.message("message.link", "")
	link.Recipient, link.Content = "1005", content.Content{Kind: content.Link, Value: "https://example.com/?a=b&c"}
	link.DependsOn = addresses(t, []string{"message.each"})
	w.reaction("reaction.thanks", "message.sent")
	w.reaction("reaction.other", "mid.person")

	w.entry("message.sent", "Hi <b>&\u2028 \U0001F600", nil)
	w.entry("message.refused", "no", refused(state.Final))
	w.entry("message.was", "maybe", func(e *state.Entry) { e.Status, e.Recipient = state.Intent, "1003" })
	w.entry("message.raised", "again", func(e *state.Entry) { e.Recipient = "1004" })
	w.entry("reaction.thanks", "mid.elsewhere", nil)
	w.entry("reaction.gone", "mid.gone", nil)
	w.entry("message.gone", "gone", func(e *state.Entry) { e.Recipient = "1009" })
	w.message("message.byhand", "by hand").Recipient = "1006"
	w.imports("message.byhand", "mid.byhand")
	w.entry("reaction.left", "mid.left", nil)
	w.removed("reaction.left")
	w.moved("message.was", "message.doubt")
	w.wanted.Limits = config.Limits{MaxSends: 50, StopAfterFailures: 3}
	w.wanted.Outputs = []config.Output{{
		Name: "ids", JSON: []byte(`["` + config.RefOpen + "message.sent" + config.RefClose + `"]`), Refs: addresses(t, []string{"message.sent"}),
	}}
	p := w.plan()
	p.Producer = "herald 0.1.0"
	p.Store = &config.Store{
		Type: "postgres", Settings: map[string]string{"schema": "herald", "record": "spring"},
		Range: hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 2, Column: 3, Byte: 11}, End: hcl.Pos{Line: 2, Column: 19, Byte: 27}},
	}
	p.Encryption = &config.Encryption{Recipients: []string{recipient}}
	p.Expires = time.Date(2026, 1, 31, 18, 0, 0, 0, time.UTC)
	return p
}

func encoded(t testing.TB, p *Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSavedPlan(t *testing.T) {
	p := sample(t)
	got := encoded(t, p)
	path := filepath.Join("testdata", "sample.plan")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("Encode differs from %s (-want +got):\n%s", path, diff)
	}
	if !json.Valid(want) {
		t.Error("it is not JSON")
	}
	back, err := Decode(bytes.NewReader(want), path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, back); diff != "" {
		t.Errorf("read again it differs (-want +got):\n%s", diff)
	}
}

// sealed returns the text with a check that fits it.
func sealed(text string) string {
	i := strings.LastIndex(text, ",\n\"check\":")
	sum := sha256.Sum256([]byte(text[:i]))
	return text[:i] + ",\n\"check\":\"sha256:" + hex.EncodeToString(sum[:]) + "\"\n}\n"
}

func TestRefusedFiles(t *testing.T) {
	good := encoded(t, sample(t))
	id := sample(t).ID
	replaced := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the sample has no %s", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	for _, tc := range []struct{ name, text, want, advice string }{
		{"empty", " \n", "p.plan: the file is empty", adviceNotPlan},
		{"no JSON", "message \"a\" {}", "p.plan: this is not a plan of Herald: it does not begin with a JSON object", adviceNotPlan},
		{"the record", "{\n\"version\":1,\n", `p.plan: this is not a plan of Herald: its first field is "version"; a plan begins with format_version`, adviceNotPlan},
		{"Terraform's JSON", `{"format_version":"1.2","terraform_version":"1.9.0"}`, "p.plan: this is not a plan of Herald: its format_version is no whole number", adviceNotPlan},
		{"newer", replaced(`"format_version":1`, `"format_version":2`), "p.plan: a newer Herald wrote this plan: its format is version 2, and this Herald knows 1", adviceNewer},
		{"version 0", replaced(`"format_version":1`, `"format_version":0`), "p.plan: this is not a plan of Herald: no Herald has written a plan of format_version 0", adviceNotPlan},
		{"cut", good[:len(good)/2], "p.plan: the file ends too early: it was cut off", adviceEdited},
		{"a text edited", replaced(`"later"`, `"sooner"`), "p.plan: the check does not fit the plan: the file was edited by hand or damaged", adviceEdited},
		{"a move edited", replaced(`{"from":"message.was"`, `{"from":"message.gone"`), "p.plan: the check does not fit the plan: the file was edited by hand or damaged", adviceEdited},
		{"a range edited", replaced(`"start":[20,1,`, `"start":[20,2,`), "p.plan: the check does not fit the plan: the file was edited by hand or damaged", adviceEdited},
		{"two fields", replaced(`"serial":7`, `"serial":7,"serial":7`), "p.plan: line 6 is not as Herald writes it", adviceEdited},
		{"trailing", good + "{}", "p.plan: there is more after the plan", adviceEdited},
		{"missing field", replaced("\"retired\":1,\n", ""), "p.plan: the check does not fit the plan: the file was edited by hand or damaged", adviceEdited},

		{"sealed: a text edited", sealed(replaced(`"later"`, `"sooner"`)), "p.plan: the id " + id + " is not that of the plan, which is ", adviceEdited},
		{"sealed: missing field", sealed(replaced("\"retired\":1,\n", "")), "p.plan: a field of the plan is missing", adviceEdited},
		{"sealed: unknown field", sealed(replaced(`"retired":1`, `"retired":1,"token":"x"`)), `p.plan: the field "token" is unknown`, adviceEdited},
		{"sealed: unknown member", sealed(replaced(`"action":"send"`, `"action":"send","token":"x"`)), "p.plan: line 26: unknown object member name", adviceEdited},
		{"sealed: unknown action", sealed(replaced(`"action":"send"`, `"action":"taint"`)), `p.plan: line 26: "taint" is no action of a plan`, adviceEdited},
		{"sealed: unknown reason", sealed(replaced(`"reason":"not_sent_yet"`, `"reason":"because"`)), `p.plan: message.after: "because" is no reason`, adviceEdited},
		{"sealed: unknown kind", sealed(replaced(`"kind":"link"`, `"kind":"fax"`)), `p.plan: line 31: "fax" is no kind of content`, adviceEdited},
		{"sealed: impossible content", sealed(replaced(`"value":"https://example.com/?a=b&c"`, `"value":"example"`)), "p.plan: message.link: Invalid URL: ", adviceEdited},
		{"sealed: action of a reaction", sealed(replaced(`"action":"unreact"`, `"action":"settle"`)), `p.plan: reaction.gone: a reaction has no action "settle"`, adviceEdited},
		{"sealed: action of a message", sealed(replaced(`"action":"send"`, `"action":"react"`)), `p.plan: message.after: a message has no action "react"`, adviceEdited},
		{"sealed: import of a reaction", sealed(replaced(`"action":"unreact"`, `"action":"import"`)), `p.plan: reaction.gone: an import has a message id, and nothing else has`, adviceEdited},
		{"sealed: import without id", sealed(replaced(`"import_id":"mid.byhand",`, ``)), `p.plan: message.byhand: an import has a message id, and nothing else has`, adviceEdited},
		{"sealed: import of nothing", sealed(replaced(`"import_id":"mid.byhand",`, `"import_id":"mid.other",`)), "p.plan: the id " + id + " is not that of the plan, which is ", adviceEdited},
		{"sealed: impossible id", sealed(replaced(`"import_id":"mid.byhand",`, `"import_id":"mid by hand",`)), `p.plan: message.byhand: Invalid message id: `, adviceEdited},
		{"sealed: id of a send", sealed(replaced(`"reason":"revision_raised",`, `"reason":"revision_raised","import_id":"mid.1",`)), `p.plan: message.raised revision 2: an import has a message id, and nothing else has`, adviceEdited},
		{"sealed: message forgotten", sealed(replaced(`"action":"send"`, `"action":"forget"`)), `p.plan: message.after: what is written into the record only waits for nothing`, adviceEdited},
		{"sealed: another message forgotten", sealed(replaced(`"address":"message.link","revision":1,"action":"send"`, `"address":"message.link","revision":1,"action":"forget"`)), `p.plan: message.link: a message has no action "forget"`, adviceEdited},
		{"sealed: expires", sealed(replaced(`"expires":"2026-01-31T18:00:00Z"`, `"expires":"2026-01-31T18:00:00+01:00"`)), `p.plan: expires = "2026-01-31T18:00:00+01:00" is no time as Herald writes it, such as 2026-01-31T18:00:00Z`, adviceEdited},
		{"expires edited", replaced(`"expires":"2026-01-31T18:00:00Z"`, `"expires":"2036-01-31T18:00:00Z"`), "p.plan: the check does not fit the plan: the file was edited by hand or damaged", adviceEdited},
		{"sealed: a range that ends early", sealed(replaced(`"end":[20,10,0]`, `"end":[19,10,0]`)), `p.plan: message.refused: its range has no file, or ends before it begins`, adviceEdited},
		{"sealed: a range before the file", sealed(replaced(`"end":[20,10,0]`, `"end":[20,-1,0]`)), `p.plan: message.refused: -1 is no line, column or byte of its range`, adviceEdited},
		{"sealed: the account", sealed(replaced(`"accounts":[{"name":"shop","ig_id":"17841405822304914"`, `"accounts":[{"name":"shop","ig_id":"1"`)), "its account 17841405822304914 is not in the plan", adviceEdited},
		{"sealed: twice", sealed(replaced(`"address":"reaction.other"`, `"address":"reaction.thanks"`)), "p.plan: reaction.thanks is there twice", adviceEdited},
		{"sealed: doubt", sealed(replaced(`"on_in_doubt":"hold"`, `"on_in_doubt":"guess"`)), `p.plan: message.doubt: on_in_doubt = "guess" is unknown`, adviceEdited},
		{"sealed: endpoint", sealed(replaced(`"endpoint":"https://graph.instagram.com"`, `"endpoint":"https://evil.example"`)), "p.plan: the id " + id + " is not that of the plan", adviceEdited},
		{"the store edited", replaced(`"record":"spring"`, `"record":"autumn"`), "p.plan: the check does not fit the plan: the file was edited by hand or damaged", adviceEdited},
		{"sealed: unknown store", sealed(replaced(`"store":{"type":"postgres"`, `"store":{"type":"pg"`)), `p.plan: "pg" is no type of store`, adviceEdited},
		{"sealed: unknown setting", sealed(replaced(`"record":"spring"`, `"password":"spring"`)), `p.plan: the store has a setting that no postgres store has`, adviceEdited},
		{"sealed: impossible setting", sealed(replaced(`"schema":"herald"`, `"schema":"pg_catalog"`)), `p.plan: the schema of the store cannot be used`, adviceEdited},
		{"sealed: missing setting", sealed(replaced(`"store":{"type":"postgres","settings":{"record":"spring","schema":"herald"}`, `"store":{"type":"s3","settings":{"bucket":"b"}`)), `p.plan: the key of the store is missing`, adviceEdited},
		{"sealed: no settings", sealed(replaced(`"settings":{"record":"spring","schema":"herald"},`, ``)), `p.plan: the store has no settings`, adviceEdited},
		{"sealed: encryption for nobody", sealed(replaced(`"recipients":["`+recipient+`"]`, `"recipients":[]`)), `p.plan: what is encrypted is read by recipients or with a passphrase, and by one of the two`, adviceEdited},
		{"sealed: encryption for no key", sealed(replaced(`"recipients":["`+recipient+`"]`, `"recipients":["age1x"]`)), `p.plan: a recipient of the encryption is none`, adviceEdited},
		{"sealed: no digest", sealed(replaced(`"id":"sha256:`, `"id":"md5:`)), `is no digest`, adviceEdited},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := Decode(strings.NewReader(tc.text), "p.plan")
			var format *FormatError
			if !errors.As(err, &format) {
				t.Fatalf("Decode = %v, %v", p, err)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %s\nwant %s", err, tc.want)
			}
			if format.Advice != tc.advice {
				t.Errorf("advice %q, want %q", format.Advice, tc.advice)
			}
		})
	}
}

func TestFileTooLarge(t *testing.T) {
	_, err := decode(strings.NewReader(strings.Repeat(" ", 3<<20)), "p.plan", 2<<20)
	want := "p.plan: the file is larger than 2 MiB, so it is no plan of Herald"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestUnwritablePlan(t *testing.T) {
	w := newWorld(t)
	w.message("message.a", "\xff")
	p, diags := w.build()
	if p != nil || !strings.Contains(said(diags), "Something in the configuration is no valid text or number: message.a: ") {
		t.Errorf("got %v\n%s", p, said(diags))
	}
}

func FuzzDecode(f *testing.F) {
	good := encoded(f, sample(f))
	f.Add(good)
	f.Add(good[:200])
	f.Add(sealed(strings.Replace(good, `"revision":1`, `"revision":-1`, 1)))
	f.Add(`{"format_version":1,"changes":[{"address":"message.a[\"x\"]","base":{}}],"check":""}`)
	f.Fuzz(func(t *testing.T, text string) {
		if i := strings.LastIndex(text, ",\n\"check\":"); i > 0 {
			text = sealed(text)
		}
		p, err := Decode(strings.NewReader(text), "p.plan")
		if err != nil {
			var format *FormatError
			if !errors.As(err, &format) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if again := encoded(t, p); encoded(t, saved(t, p)) != again {
			t.Fatal("a plan that was read is written otherwise")
		}
	})
}

func TestExpired(t *testing.T) {
	p := sample(t)
	id, end := p.ID, p.Expires
	for _, tc := range []struct {
		now  time.Time
		want bool
	}{{end.Add(-time.Nanosecond), false}, {end, true}, {end.Add(time.Hour), true}} {
		if got := p.Expired(tc.now); got != tc.want {
			t.Errorf("at %s: %v", tc.now, got)
		}
	}
	p.Expires = time.Date(2026, 7, 1, 12, 0, 0, 999, time.FixedZone("", 7200))
	back := saved(t, p)
	if want := time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC); !back.Expires.Equal(want) || back.ID != id {
		t.Errorf("saved: %s, id %s", back.Expires, back.ID)
	}
	p.Expires = time.Time{}
	if p.Expired(end.Add(1e6*time.Hour)) || !saved(t, p).Expires.IsZero() {
		t.Error("a plan without it expires")
	}
	p.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := p.Encode(io.Discard); err == nil || err.Error() != "the plan cannot be written: the year 10000 cannot be written" {
		t.Errorf("got %v", err)
	}
}

// Where the record is kept stands in the file, and not in the id; a file that
// was written before there was such a thing is read as ever.
func TestStoreInAPlan(t *testing.T) {
	w := newWorld(t)
	w.message("message.a", "Hi")
	plain := w.plan()
	w.wanted.Store = &config.Store{
		Type: "s3", Settings: map[string]string{"bucket": "b", "key": "k"},
		Range: hcl.Range{Filename: "main.hcl"}, Ranges: map[string]hcl.Range{"key": {Filename: "main.hcl"}},
	}
	w.wanted.Encryption = &config.Encryption{Passphrase: true}
	p := w.plan()
	if p.ID != plain.ID {
		t.Errorf("the id is %s, and %s without a store", p.ID, plain.ID)
	}
	back := saved(t, p)
	if !back.Store.Same(w.wanted.Store) || back.Store.Ranges != nil || back.Store.Range.Filename != "main.hcl" || !back.Encryption.Passphrase {
		t.Errorf("saved: %+v, %+v", back.Store, back.Encryption)
	}
	if text := encoded(t, plain); strings.Contains(text, `"store"`) || strings.Contains(text, `"encryption"`) {
		t.Errorf("without a store the file is\n%s", text)
	}
	if old := saved(t, plain); old.Store != nil || old.Encryption != nil {
		t.Errorf("without a store: %+v, %+v", old.Store, old.Encryption)
	}
}
