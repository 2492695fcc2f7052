package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"herald/config/addr"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fataler is a test, of the testing package or of rapid.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(form string, args ...any)
}

func encode(t fataler, r *Record) string {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sample is a record with one of everything.
func sample() *Record {
	at := time.Date(2026, 3, 14, 9, 26, 53, 589793_000, time.UTC)
	r := NewRecord("01JPT8Q0S5X2")
	r.Serial, r.Origin = 7, "sha256:0f"
	r.Endpoints["17841405822304914"] = "https://graph.instagram.com"
	r.Endpoints["17841400000000001"] = "http://127.0.0.1:8080"

	sent := message("welcome", "ana")
	sent.PlanID, sent.SettledBy = "sha256:aa", "answer"
	sent.FirstIntendedAt, sent.IntendedAt, sent.SettledAt = at, at.Add(time.Second), at.Add(1500*time.Millisecond)
	r.Put(sent)

	rejected := message("welcome", "böb\n\u202e\U0001F600\U000e0041${x}")
	rejected.Status, rejected.MessageID = Rejected, ""
	rejected.Refusal = &Refusal{Class: Hold, HTTP: 400, Code: 10, Subcode: 2534022, TraceID: "AbC"}
	r.Put(rejected)

	doubt := message("welcome", "")
	doubt.Status, doubt.MessageID, doubt.Revision, doubt.Change = Intent, "", 12, 4
	doubt.DoubtAt, doubt.Claim, doubt.Refusal = at, "n1", &Refusal{Reason: "timeout"}
	before := message("welcome", "")
	before.Revision, before.Status, before.MessageID, before.Note = 12, Absent, "", "she \"asked\""
	doubt.Before = &before
	r.Put(doubt)
	lower := message("welcome", "")
	lower.Revision = 2
	r.Put(lower)

	reacted := Entry{
		Addr: addr.Block{Kind: addr.Reaction, Name: "thanks"}.Only(), Revision: 1, Account: "17841405822304914", Recipient: "1001",
		Fingerprint: "v1:sha256:ff", Status: Reacted, Target: "mid.welcomeana", Reaction: "love", Change: 2,
	}
	r.Put(reacted)
	return r
}

func TestGolden(t *testing.T) {
	got := encode(t, sample())
	path := filepath.Join("testdata", "record.json")
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
	if diff := cmp.Diff(sample(), back, cmp.AllowUnexported(Record{})); diff != "" {
		t.Errorf("Decode differs (-want +got):\n%s", diff)
	}
	for i := 0; i < 20; i++ {
		if encode(t, sample()) != got {
			t.Fatal("equal records are not equal bytes")
		}
	}
}

// A record with a message of which somebody said that it was sent, not under
// which id, is of version 3, for a Herald from before would refuse it.
func TestSentWithoutID(t *testing.T) {
	r := NewRecord("01JPT8Q0S5X2")
	e := message("welcome", "")
	e.MessageID, e.SettledBy = "", ByResolve
	r.Put(e)
	got := encode(t, r)
	if !strings.HasPrefix(got, "{\n\"version\":3,\n") {
		t.Errorf("got  %s", got)
	}
	back, err := Decode(strings.NewReader(got), "r.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back, cmp.AllowUnexported(Record{})); diff != "" {
		t.Errorf("Decode differs (-want +got):\n%s", diff)
	}
}

// A record with a message that was delivered twice is of version 2, so that a
// Herald that does not know the field names the reason; without it the record
// is of version 1 as ever.
func TestDeliveredTwice(t *testing.T) {
	r := NewRecord("01JPT8Q0S5X2")
	e := message("welcome", "")
	e.AlsoSent = []string{"mid.\"2\"", "mid.1"}
	r.Put(e)
	r.Put(message("order", ""))
	got := encode(t, r)
	want := "{\n\"version\":2,\n\"lineage\":\"01JPT8Q0S5X2\",\n\"serial\":0,\n\"entries\":[\n" +
		`{"address":"message.order","revision":1,"kind":"message","account":"17841405822304914","recipient":"1001","fingerprint":"v1:sha256:order","status":"sent","message_id":"mid.order","change":1,"attempts":1},` + "\n" +
		`{"address":"message.welcome","revision":1,"kind":"message","account":"17841405822304914","recipient":"1001","fingerprint":"v1:sha256:welcome","status":"sent","message_id":"mid.welcome","also_sent":["mid.\"2\"","mid.1"],"change":1,"attempts":1}` + "\n],\n"
	if !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, err := Decode(strings.NewReader(got), "r.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, back, cmp.AllowUnexported(Record{})); diff != "" {
		t.Errorf("Decode differs (-want +got):\n%s", diff)
	}
	removed := e.Removed("", time.Time{})
	r.Put(removed)
	if got := encode(t, r); !strings.HasPrefix(got, "{\n\"version\":1,\n") {
		t.Errorf("without also_sent: %s", got)
	}
	next := e.Next("sha256:p")
	if next.Status = Rejected; next.AlsoSent == nil {
		t.Fatal("the next entry has lost its ids")
	}
	next.Refusal, next.AlsoSent = &Refusal{Class: Final}, nil
	r.Put(next)
	if got := encode(t, r); !strings.HasPrefix(got, "{\n\"version\":2,\n") {
		t.Errorf("also_sent before: %s", got)
	}
}

func TestEmptyRecord(t *testing.T) {
	text := encode(t, NewRecord("abc"))
	want := "{\n\"version\":1,\n\"lineage\":\"abc\",\n\"serial\":0,\n\"entries\":[\n],\n" +
		"\"check\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"\n}\n"
	if text != want {
		t.Errorf("got %q\nwant %q", text, want)
	}
	if r, err := Decode(strings.NewReader(text), "x"); err != nil || r.Len() != 0 || r.Lineage != "abc" {
		t.Errorf("Decode = %v, %v", r, err)
	}
}

// resealed returns the text with the check that fits its entries.
func resealed(text string) string {
	sum := newCheck()
	_, rest, _ := strings.Cut(text, "\"entries\":[\n")
	entries, _, _ := strings.Cut(rest, "\n],\n")
	for line := range strings.SplitSeq(entries, "\n") {
		sum.add([]byte(strings.TrimSuffix(line, ",")))
	}
	i := strings.LastIndex(text, `"check":"`)
	return text[:i] + `"check":"` + sum.String() + "\"\n}\n"
}

func TestRefusals(t *testing.T) {
	good := encode(t, sample())
	lines := strings.SplitAfter(good, "\n")
	replace := func(old, with string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the sample has no %s", old)
		}
		return strings.Replace(good, old, with, 1)
	}
	swapped := func(i, j int) string {
		l := append([]string(nil), lines...)
		l[i], l[j] = l[j], l[i]
		return strings.Join(l, "")
	}
	for _, tc := range []struct{ name, text, want, advice string }{
		{"empty", "", "r.json, line 1: the file is empty: it was cut off", "Put back the file as Herald wrote it last"},
		{"no JSON", "hello\n", "r.json, line 1: this is not a record of Herald: it does not begin with a brace", "right file with -state"},
		{"one line", `{"version":4,"terraform_version":"1.5.0"}` + "\n", "r.json, line 1: this is not a record of Herald as Herald writes it: the first line is not a brace alone", "right file with -state"},
		{"Terraform's", "{\n  \"version\": 4,\n", "r.json, line 2: a field of the header, such as \"serial\":1, was expected", ""},
		{"newer", replace(`"version":1`, `"version":4`), "r.json, line 2: a newer Herald wrote this record: its version is 4, and this Herald knows up to 3", "Use that version of Herald"},
		{"version 0", replace(`"version":1`, `"version":0`), "r.json, line 2: no Herald has written a record of version 0", ""},
		{"version last", replace("\"version\":1,\n", ""), `r.json, line 2: the first field is "lineage"; a record of Herald begins with its version`, ""},
		{"no serial", replace("\"serial\":7,\n", ""), "r.json, line 6: the header has no serial", ""},
		{"serial", replace(`"serial":7`, `"serial":07`), `r.json, line 4: serial: "07" is not a whole number`, ""},
		{"unknown header", replace(`"serial":7`, `"token":"x"`), `r.json, line 4: the field "token" is unknown`, ""},
		{"header twice", replace("\"serial\":7,\n", "\"serial\":7,\n\"serial\":7,\n"), `r.json, line 5: the field "serial" is there twice`, ""},
		{"endpoint twice", replace(`"endpoints":{`, `"endpoints":{"17841405822304914":"x",`), `r.json, line 6: endpoints: the field "17841405822304914" is there twice`, ""},
		{"edited", replace("mid.welcomeana", "mid.welcomebob"), "r.json, line 14: the check does not fit the 5 entries: the file was merged or edited by hand", "git checkout --merge -- r.json\n  herald state merge"},
		{"line gone", strings.Join(append(append([]string(nil), lines[:7]...), lines[8:]...), ""), "r.json, line 13: the check does not fit the 4 entries: the file was merged or edited by hand", ""},
		{"conflict", strings.Replace(good, lines[8], "<<<<<<< HEAD\n"+lines[8]+"=======\n"+lines[8]+">>>>>>> other\n", 1), "r.json, line 9: this is a conflict marker of git: the file was merged", "\n\n  herald state merge\n\n"},
		{"conflict first", "<<<<<<< HEAD\n" + good, "r.json, line 1: this is a conflict marker of git: the file was merged", ""},
		{"line twice", strings.Replace(good, lines[8], lines[8]+lines[8], 1), "r.json, line 10: message.welcome revision 12 is there twice", ""},
		{"unsorted", swapped(7, 8), "r.json, line 9: message.welcome revision 2 comes after message.welcome revision 12: the entries are not sorted", ""},
		{"cut", good[:len(good)-40], "r.json, line 14: the file ends here, before its closing brace: it was cut off", ""},
		{"cut at a line", strings.Join(lines[:9], ""), "r.json, line 10: the file ends here, before its closing brace: it was cut off", ""},
		{"trailing", good + "{}\n", "r.json, line 16: there is more text after the record", ""},
		{"trailing line", good + "\n", "r.json, line 16: there is more text after the record", ""},
		{"line ends", strings.ReplaceAll(good, "\n", "\r\n"), "r.json, line 1: the line ends with a carriage return: line ends were converted", ".gitattributes"},
		{"unknown field", replace(`,"kind":"message"`, `,"kind":"message","text":"hi"`), `r.json, line 8: the entry: the field "text" is unknown`, ""},
		{"field twice", replace(`,"kind":"message"`, `,"kind":"message","kind":"message"`), `r.json, line 8: the entry: the field "kind" is there twice`, ""},
		{"kind", replace(`"kind":"reaction"`, `"kind":"message"`), `r.json, line 12: the entry: the kind "message" does not fit the address reaction.thanks`, ""},
		{"no id", replace(`,"message_id":"mid.welcomeana"`, ``), `r.json, line 10: the entry: message.welcome["ana"]: a sent message needs its message_id`, ""},
		{"status", replace(`"status":"intent"`, `"status":"queued"`), `r.json, line 9: the entry: status: "queued" is no status of an entry`, ""},
		{"time", replace(`"doubt_at":"2026-03-14T09:26:53.589793Z"`, `"doubt_at":"2026-02-30T09:26:53.589793Z"`), `r.json, line 9: the entry: doubt_at: "2026-02-30T09:26:53.589793Z" is no time like "2006-01-02T15:04:05.000000Z"`, ""},
		{"address", replace(`"address":"reaction.thanks"`, `"address":"reaction.1"`), `r.json, line 12: the entry: address: "reaction.1" is not an address: "1" is not a name (letters, digits, _ and -, a letter or _ first)`, ""},
		{"no object", replace(lines[7], "[],\n"), `r.json, line 8: the entry: an entry in braces was expected in column 1, where "[]" is`, ""},
		{"also sent empty", replace(`"message_id":"mid.welcomeana"`, `"message_id":"mid.welcomeana","also_sent":[]`), `r.json, line 10: the entry: also_sent: a string in quotes was expected in column 211, where "],\"change\":1,\"plan_i" is`, ""},
		{"also sent no list", replace(`"message_id":"mid.welcomeana"`, `"message_id":"mid.welcomeana","also_sent":"mid.2"`), `r.json, line 10: the entry: also_sent: a list in brackets was expected in column 210, where "\"mid.2\",\"change\":1,\"" is`, ""},
		{"also sent cut", replace(`"message_id":"mid.welcomeana"`, `"message_id":"mid.welcomeana","also_sent":["mid.2"`), `r.json, line 10: the entry: also_sent: a comma or ] was expected in column 227, where ":1,\"plan_id\":\"sha256" is`, ""},
		{"also sent unsorted", replace(`"message_id":"mid.welcomeana"`, `"message_id":"mid.welcomeana","also_sent":["mid.3","mid.2"]`), `r.json, line 10: the entry: message.welcome["ana"]: the id "mid.2" in also_sent comes after "mid.3": they are not sorted`, ""},
		{"also sent twice", replace(`"message_id":"mid.welcomeana"`, `"message_id":"mid.welcomeana","also_sent":["mid.2","mid.2"]`), `r.json, line 10: the entry: message.welcome["ana"]: the id "mid.2" is in also_sent twice`, ""},
		{"also sent itself", replace(`"message_id":"mid.welcomeana"`, `"message_id":"mid.welcomeana","also_sent":["mid.welcomeana"]`), `r.json, line 10: the entry: message.welcome["ana"]: the id "mid.welcomeana" is its message_id and in also_sent`, ""},
		{"also sent in doubt", replace(`"status":"intent"`, `"status":"intent","also_sent":["mid.2"]`), `r.json, line 9: the entry: message.welcome revision 12: only a sent message has further ids in also_sent, and this is "intent"`, ""},
		{"also sent of a reaction", replace(`"status":"reacted"`, `"status":"reacted","also_sent":["mid.2"]`), `r.json, line 12: the entry: reaction.thanks: only a sent message has further ids in also_sent, and this is "reacted"`, ""},
		{"two objects", strings.Replace(good, "\"change\":1,\"attempts\":1},\n", "\"change\":1,\"attempts\":1}{},\n", 1), `r.json, line 8: the entry: the end was expected in column 210, where "{}" is`, ""},
		{"no comma", strings.Replace(good, "},\n", "}\n", 1) /* the header's */, `r.json, line 6: a field of the header, such as "serial":1, was expected`, ""},
		{"entry comma", strings.Replace(good, lines[7], strings.Replace(lines[7], "},\n", "}\n", 1), 1), `r.json, line 9: the entry before has no comma at its end`, ""},
		{"last comma", strings.Replace(good, "}\n],", "},\n],", 1), `r.json, line 13: the last entry is followed by a comma`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := Decode(strings.NewReader(tc.text), "r.json")
			var fe *FormatError
			if !errors.As(err, &fe) {
				t.Fatalf("Decode = %v, %v", r, err)
			}
			if err.Error() != tc.want {
				t.Errorf("got  %s\nwant %s", err, tc.want)
			}
			if fe.Advice == "" || !strings.Contains(fe.Advice, tc.advice) || !strings.HasSuffix(fe.Advice, ".") {
				t.Errorf("advice: %q, want %q in it", fe.Advice, tc.advice)
			}
		})
	}
}

// A record whose check was made to fit is still read strictly.
func TestResealedIsStillChecked(t *testing.T) {
	text := resealed(strings.Replace(encode(t, sample()), `"status":"reacted"`, `"status":"sent"`, 1))
	_, err := Decode(strings.NewReader(text), "r.json")
	if want := `r.json, line 12: the entry: reaction.thanks: a reaction cannot be "sent"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := Decode(strings.NewReader(resealed(encode(t, sample()))), "r.json"); err != nil {
		t.Error(err)
	}
}

func TestOlderVersionIsUpgraded(t *testing.T) {
	old := strings.NewReplacer(
		"\"version\":1", "\"version\":1", `"lineage":`, `"identity":`, `"status":"sent"`, `"state":"delivered"`,
	).Replace(encode(t, sample()))
	old = resealed(old)
	next := format{version: 3, upgrades: map[int]upgrade{
		1: {header: func(name string, value []byte) (string, []byte) {
			if name == "identity" {
				name = "lineage"
			}
			return name, value
		}},
		2: {entry: func(line []byte) ([]byte, error) {
			return bytes.ReplaceAll(line, []byte(`"state":"delivered"`), []byte(`"status":"sent"`)), nil
		}},
	}}
	r, err := decode(strings.NewReader(old), "r.json", next)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), r, cmp.AllowUnexported(Record{})); diff != "" {
		t.Errorf("the upgraded record differs (-want +got):\n%s", diff)
	}
	gap := format{version: 4, upgrades: map[int]upgrade{1: {}, 2: {}}}
	if _, err := decode(strings.NewReader(old), "r.json", gap); err == nil || err.Error() != "r.json, line 2: no Herald has written a record of version 1" {
		t.Errorf("a version without an upgrade: %v", err)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for want, change := range map[string]func(*Record){
		"the record has no lineage":                                                func(r *Record) { r.Lineage = "" },
		`lineage or origin is not valid UTF-8: "\xff"`:                             func(r *Record) { r.Origin = "\xff" },
		`the endpoint "\xff" of account "1" is not valid UTF-8`:                    func(r *Record) { r.Endpoints["1"] = "\xff" },
		"message.x: a text in it is not valid UTF-8":                               func(r *Record) { e := message("x", ""); e.Note = "\xff"; r.Put(e) },
		"message.x: the fingerprint is missing":                                    func(r *Record) { e := message("x", ""); e.Fingerprint = ""; r.Put(e) },
		"message.x: a rejected entry needs an error with its class, hold or final": func(r *Record) { e := message("x", ""); e.Status = Rejected; r.Put(e) },
		"message.x: the year 10000 cannot be written": func(r *Record) {
			e := message("x", "")
			e.IntendedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
			r.Put(e)
		},
		"message.x: before: its change 1 is not below 1": func(r *Record) { e := message("x", ""); b := e; e.Before = &b; r.Put(e) },
	} {
		r := NewRecord("l")
		change(r)
		if err := Encode(&bytes.Buffer{}, r); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestEntryInPlanFile(t *testing.T) {
	type action struct {
		Base *Entry `json:"base"`
		Flat Entry  `json:"flat"`
	}
	var e Entry
	for v := range sample().All() {
		if v.Before != nil {
			e = *v
		}
	}
	text, err := json.MarshalIndent(action{&e, e}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	// A canonical form may have sorted the fields.
	var loose map[string]any
	if err := json.Unmarshal(text, &loose); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(loose); err != nil {
		t.Fatal(err)
	}
	var back action
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(action{&e, e}, back); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bad := bytes.Replace(text, []byte(`"attempts"`), []byte(`"text"`), 1)
	if err := json.Unmarshal(bad, &back); err == nil || !strings.Contains(err.Error(), `the field "text" is unknown`) {
		t.Errorf("an unknown field: %v", err)
	}
}

func TestRemoved(t *testing.T) {
	e := message("a", "")
	e.PlanID, e.AlsoSent = "sha256:1", []string{"mid.2"}
	next := e.Removed("sent by mistake", time.Date(2026, 1, 2, 3, 4, 5, 6789, time.UTC))
	line, err := EncodeEntry(&next)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"address":"message.a","revision":1,"kind":"message","account":"17841405822304914","recipient":"1001",` +
		`"fingerprint":"v1:sha256:a","status":"absent","message_id":"mid.a","change":2,` +
		`"settled_at":"2026-01-02T03:04:05.000006Z","settled_by":"rm","note":"sent by mistake","attempts":1}`
	if string(line) != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
}

// entries generates entries that a record may hold.
func entries(keyed string) *rapid.Generator[Entry] {
	return rapid.Custom(func(t *rapid.T) Entry {
		at := func(name string) time.Time {
			if us := rapid.Int64Range(0, 1<<51).Draw(t, name); us > 0 {
				return time.UnixMicro(us).UTC()
			}
			return time.Time{}
		}
		e := message(rapid.StringMatching(`[a-zä_][a-z0-9_-]{0,3}`).Draw(t, "name"), "")
		if rapid.Bool().Draw(t, "keyed") {
			e.Addr.Keyed, e.Addr.Key = true, rapid.String().Draw(t, "key")
		}
		e.Revision = rapid.IntRange(1, 1<<40).Draw(t, "revision")
		e.Change = rapid.Int64Range(1, 1<<60).Draw(t, "change")
		e.Status = rapid.SampledFrom([]Status{Intent, Sent, Absent, Rejected}).Draw(t, "status")
		if e.Status == Rejected || rapid.Bool().Draw(t, "refused") {
			e.Refusal = &Refusal{Class: Final, HTTP: rapid.Int().Draw(t, "http"), TraceID: rapid.String().Draw(t, "trace")}
		}
		if e.Status == Sent {
			ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z"é]{1,3}`), 0, 3, rapid.ID).Draw(t, "also sent")
			if slices.Sort(ids); len(ids) > 0 {
				e.AlsoSent = ids
			}
		}
		e.Note, e.Claim, e.PlanID = rapid.String().Draw(t, "note"), rapid.String().Draw(t, "claim"), rapid.String().Draw(t, "plan")
		e.FirstIntendedAt, e.SettledAt = at("first"), at("settled")
		return e
	})
}

func TestEveryEntryComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRecord("l")
		for _, e := range rapid.SliceOfN(entries(""), 0, 6).Draw(t, "entries") {
			r.Put(e)
		}
		var b bytes.Buffer
		if err := Encode(&b, r); err != nil {
			t.Fatal(err)
		}
		back, err := Decode(bytes.NewReader(b.Bytes()), "r.json")
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if diff := cmp.Diff(r, back, cmp.AllowUnexported(Record{})); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		for e := range r.All() {
			line, _ := EncodeEntry(e)
			var loose map[string]any
			if err := json.Unmarshal(line, &loose); err != nil {
				t.Fatalf("not JSON: %v", err)
			}
		}
	})
}

func TestEveryPrefixIsRefused(t *testing.T) {
	text := encode(t, sample())
	for n := range len(text) {
		var fe *FormatError
		if _, err := Decode(strings.NewReader(text[:n]), "r.json"); !errors.As(err, &fe) || fe.Line == 0 {
			t.Fatalf("the first %d bytes: %v", n, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	text := encode(f, sample())
	f.Add([]byte(text))
	f.Add([]byte(encode(f, NewRecord("l"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(bytes.NewReader(data), "r.json")
		var fe *FormatError
		switch {
		case err == nil:
			again, err := Decode(strings.NewReader(encode(t, r)), "r.json")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, again, cmp.AllowUnexported(Record{})); diff != "" {
				t.Fatal(diff)
			}
		case !errors.As(err, &fe) || fe.Line == 0 || fe.Advice == "":
			t.Fatalf("an error without line or advice: %v", err)
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	for e := range sample().All() {
		line, err := EncodeEntry(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := DecodeEntry(line)
		if err != nil {
			return
		}
		out, err := EncodeEntry(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeEntry(out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if diff := cmp.Diff(e, back); diff != "" {
			t.Fatal(diff)
		}
		var loose map[string]any
		if err := json.Unmarshal(line, &loose); err != nil {
			t.Fatalf("%s was read, but is not JSON: %v", line, err)
		}
	})
}

func campaign(n int) *Record {
	at := time.Date(2026, 3, 14, 9, 26, 53, 589793_000, time.UTC)
	r := newRecord("01JPT8Q0S5X2", n)
	for i := range n {
		e := message("campaign", fmt.Sprintf("person-%d", i))
		e.Recipient = fmt.Sprintf("%016d", i)
		e.Fingerprint = fmt.Sprintf("v1:sha256:%064x", i)
		e.MessageID = fmt.Sprintf("aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDA1ODIyMzA0OTE0OjM0MDI4MjM2Njg0MTcxMDMwMTI0NDI1OTYxOTk%020d", i)
		e.PlanID = fmt.Sprintf("sha256:%064x", 1)
		e.FirstIntendedAt, e.IntendedAt, e.SettledAt, e.SettledBy = at, at, at.Add(time.Duration(i)*time.Millisecond), "answer"
		r.Put(e)
	}
	return r
}
