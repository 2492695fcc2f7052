package config

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// write makes a directory with the given files.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// text writes diagnostics one a line: file:line,column-line,column: summary; detail.
func text(diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		sev := "error"
		if d.Severity == hcl.DiagWarning {
			sev = "warning"
		}
		fmt.Fprintf(&b, "%s: %s: %s: %s\n", d.Subject, sev, d.Summary, d.Detail)
	}
	return b.String()
}

func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

// expand loads and expands a directory without errors.
func expand(t testing.TB, dir string, v Values) *Wanted {
	t.Helper()
	c, diags := Load(dir, Options{Version: "0.1.0"})
	if diags.HasErrors() {
		t.Fatalf("Load:\n%s", text(diags))
	}
	w, diags := c.Expand(v)
	if diags.HasErrors() {
		t.Fatalf("Expand:\n%s", text(diags))
	}
	return w
}

const design = `
account "shop" {
  ig_id = "17841405822304914"
}

variable "customers" {
  type = map(object({ igsid = string, name = string }))
}

message "welcome" {
  for_each  = var.customers
  recipient = each.value.igsid
  text      = "Hi ${each.value.name}, your order is on its way."
}

message "picture" {
  recipient  = var.customers["ana"].igsid
  image      = "https://cdn.example.com/parcel.gif"
  depends_on = [message.welcome["ana"]]
}

reaction "thanks" {
  recipient  = var.customers["ana"].igsid
  message_id = message.picture.id
  reaction   = "love"
}

output "picture_id" {
  value = message.picture.id
}
`

func TestTheDesignsExample(t *testing.T) {
	dir := write(t, map[string]string{"main.hcl": design, "herald.hclvars": `customers = {
  ana = { igsid = "17841400000000001", name = "Ana" }
  ben = { igsid = "17841400000000002", name = "Ben" }
}`})
	got := describe(expand(t, dir, Values{}))
	want := `account shop 17841405822304914 https://graph.instagram.com v24.0 {100 10 2} 1m0s
message.welcome["ana"] 17841400000000001 text "Hi Ana, your order is on its way." (main.hcl:10)
message.welcome["ben"] 17841400000000002 text "Hi Ben, your order is on its way." (main.hcl:10)
message.picture 17841400000000001 image "https://cdn.example.com/parcel.gif" after [message.welcome["ana"]] (main.hcl:16)
reaction.thanks 17841400000000001 love on message.picture (main.hcl:22)
output picture_id = "<message.picture>"
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// describe writes what is wanted as lines.
func describe(w *Wanted) string {
	var b strings.Builder
	for _, a := range w.Accounts {
		fmt.Fprintf(&b, "account %s %s %s %s %v %s\n", a.Name, a.IGID, a.Endpoint, a.APIVersion, a.Limits, a.SettleAfter)
	}
	if w.Limits != (Limits{}) {
		fmt.Fprintf(&b, "limits %+v\n", w.Limits)
	}
	describeStore(&b, w)
	for _, i := range w.Items {
		fmt.Fprintf(&b, "%s %s", i.Addr, i.Recipient)
		if i.React != "" {
			fmt.Fprintf(&b, " %s on %s", i.React, i.Target)
		} else {
			fmt.Fprintf(&b, " %s %q", i.Content.Kind, i.Content.Value)
		}
		if len(w.Accounts) > 1 {
			fmt.Fprintf(&b, " from %s", i.Account.Name)
		}
		if i.Revision != 1 {
			fmt.Fprintf(&b, " revision %d", i.Revision)
		}
		if i.Sensitive {
			b.WriteString(" sensitive")
		}
		if len(i.DependsOn) > 0 {
			fmt.Fprintf(&b, " after %s", i.DependsOn)
		}
		if i.OnEdit == EditError {
			b.WriteString(" on_edit=error")
		}
		if i.OnInDoubt == DoubtHold {
			b.WriteString(" on_in_doubt=hold")
		}
		if i.AllowDuplicate {
			b.WriteString(" allow_duplicate")
		}
		fmt.Fprintf(&b, " (%s)\n", place(i.Range))
	}
	for _, m := range w.Moves {
		fmt.Fprintf(&b, "moved %s to %s\n", m.From, m.To)
	}
	for _, r := range w.Removed {
		fmt.Fprintf(&b, "removed %s (%s)\n", r.From, place(r.Range))
	}
	for _, i := range w.Imports {
		fmt.Fprintf(&b, "import %s as %s (%s)\n", i.To, i.ID, place(i.Range))
	}
	marks := strings.NewReplacer(RefOpen, "<", RefClose, ">")
	for _, o := range w.Outputs {
		fmt.Fprintf(&b, "output %s", o.Name)
		if o.Sensitive {
			b.WriteString(" sensitive")
		}
		fmt.Fprintf(&b, " = %s\n", marks.Replace(string(o.JSON)))
	}
	return b.String()
}

// describeStore writes how the record is kept as lines.
func describeStore(b *strings.Builder, w *Wanted) {
	if s := w.Store; s != nil {
		fmt.Fprintf(b, "state %s (%s)\n", s.Type, place(s.Range))
		for _, name := range slices.Sorted(maps.Keys(s.Settings)) {
			fmt.Fprintf(b, "  %s = %q (%s)\n", name, s.Settings[name], place(s.Ranges[name]))
		}
	}
	if e := w.Encryption; e != nil {
		fmt.Fprintf(b, "encryption %q %v (%s)\n", e.Recipients, e.Passphrase, place(e.Range))
	}
}
