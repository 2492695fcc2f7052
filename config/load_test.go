package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shop = "account \"shop\" {\n  ig_id = \"17841405822304914\"\n}\n"

func TestWhichFilesAreRead(t *testing.T) {
	message := func(name string) string {
		return "message \"" + name + "\" {\n  recipient = \"1\"\n  text = \"Hi\"\n}\n"
	}
	dir := write(t, map[string]string{
		"b.hcl": message("b1") + message("b2"), "a.hcl": shop + message("a"), "Z.hcl": message("z"),
		".hidden.hcl": message("hidden"), "c.hcl.json": "{}", "d.txt": "no", "sub/e.hcl": message("sub"), "f.hclvars": "x = 1", "dir.hcl/x": "",
	})
	var got []string
	for _, i := range expand(t, dir, Values{}).Items {
		got = append(got, i.Addr.Name)
	}
	if got := strings.Join(got, " "); got != "z a b1 b2" {
		t.Errorf("items: %s", got)
	}
}

func TestJSONSyntaxIsNotRead(t *testing.T) {
	_, diags := Load(write(t, map[string]string{"main.hcl": shop, "more.hcl.json": "{}"}), Options{})
	if got := text(diags); got != "more.hcl.json:1,1-1: warning: File is not read: This version of Herald does not read the JSON syntax of HCL, so nothing in this file counts. Write it in HCL's own syntax; data in JSON is read with jsondecode(file(…)).\n" {
		t.Error(got)
	}
}

func TestHasConfiguration(t *testing.T) {
	for name, want := range map[string]bool{"main.hcl": true, ".main.hcl": false, "main.hclvars": false, "x.hcl/y": false} {
		if got, err := HasConfiguration(write(t, map[string]string{name: ""})); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if got, err := HasConfiguration(filepath.Join(t.TempDir(), "none")); got || err != nil {
		t.Errorf("no directory: %v, %v", got, err)
	}
}

func TestMistakesInFiles(t *testing.T) {
	for _, tc := range []struct {
		name, file, text, want string
	}{
		{"nothing", "x.txt", "", ".:1,1-1: error: No configuration: This directory holds no file whose name ends in .hcl. Make a first one with:\n\n  herald init\n"},
		{"not UTF-8", "main.hcl", shop + "# é\n# e\u0301 \xff\n", "main.hcl:5,5-6: error: Invalid UTF-8: The byte 0xff at this place does not belong to a character in UTF-8, the only encoding that Herald and Instagram take. Save the file as UTF-8.\n"},
		{"too big", "main.hcl", strings.Repeat("#\n", MaxFileBytes/2) + "#", "main.hcl:1,1-1: error: File is too big: Herald reads files of at most 16,777,216 bytes, and this one is larger. Split it, or keep the data in a CSV or JSON file that is read with a function.\n"},
		{"no closing brace", "main.hcl", shop + "message \"a\" {\n  text = \"x\"\n", "main.hcl:4,13-14: error: Unclosed configuration block: There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.\n"},
		{"no closing quote", "main.hcl", shop + "message \"a\" {\n  text = \"x\n}\n", "main.hcl:5,12-6,1: error: Invalid multi-line string: Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a newline character or use the \"heredoc\" multi-line template syntax.\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, diags := Load(write(t, map[string]string{tc.file: tc.text}), Options{})
			if got := text(diags); !strings.HasPrefix(got, tc.want) {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if _, diags := c.Expand(Values{}); !diags.HasErrors() {
				t.Error("it expands all the same")
			}
		})
	}
	none := filepath.Join(t.TempDir(), "none")
	if _, diags := Load(none, Options{}); text(diags) != fmt.Sprintf(".:1,1-1: error: No such directory: The directory of the configuration, %q, cannot be opened: no such file or directory.\n", none) {
		t.Error(text(diags))
	}
}

func TestLinks(t *testing.T) {
	dir := write(t, map[string]string{"outside.hcl": shop, "conf/real/a.hcl": shop, "conf/empty.hcl": ""})
	conf := filepath.Join(dir, "conf")
	if err := os.Symlink(filepath.Join("real", "a.hcl"), filepath.Join(conf, "inside.hcl")); err != nil {
		t.Fatal(err)
	}
	if _, diags := Load(conf, Options{}); diags.HasErrors() {
		t.Error(text(diags))
	}
	if err := os.Symlink(filepath.Join("..", "outside.hcl"), filepath.Join(conf, "out.hcl")); err != nil {
		t.Fatal(err)
	}
	_, diags := Load(conf, Options{})
	if got := text(diags); !strings.HasPrefix(got, "out.hcl:1,1-1: error: Unreadable file: The file is a link that leads out of the configuration's directory, or nowhere: ") {
		t.Error(got)
	}
}

func TestByteOrderMark(t *testing.T) {
	w := expand(t, write(t, map[string]string{"main.hcl": "\uFEFF" + shop}), Values{})
	if got := w.Accounts[0].Range.String(); got != "main.hcl:1,1-15" {
		t.Errorf("the account is at %s", got)
	}
}

func TestEndpoints(t *testing.T) {
	for in, want := range map[string]string{
		"https://graph.instagram.com":   "https://graph.instagram.com",
		"https://graph.instagram.com/":  "https://graph.instagram.com",
		"https://Graph.Facebook.com:8":  "https://graph.facebook.com:8",
		"http://127.0.0.1:8080":         "http://127.0.0.1:8080",
		"http://127.3.2.1":              "http://127.3.2.1",
		"http://[::1]:1":                "http://[::1]:1",
		"http://LOCALHOST":              "http://localhost",
		"http://sim.localhost":          "http://sim.localhost",
		"http://127.0.0.1.example.com":  "",
		"http://localhost.example.com":  "",
		"http://10.0.0.1":               "",
		"http://[::ffff:127.0.0.1]":     "http://[::ffff:127.0.0.1]",
		"https://a@graph.instagram.com": "",
		"https://x/?":                   "",
		"https://x/#a":                  "",
		"https://":                      "",
		"https://:443":                  "",
	} {
		dir := write(t, map[string]string{"main.hcl": "account \"a\" {\n  ig_id = \"1\"\n  endpoint = \"" + in + "\"\n}\n"})
		c, diags := Load(dir, Options{})
		w, more := c.Expand(Values{})
		diags = append(diags, more...)
		if want == "" {
			if !diags.HasErrors() || diags[0].Summary != "Invalid endpoint" {
				t.Errorf("%s passes", in)
			}
			continue
		}
		if diags.HasErrors() || w.Accounts[0].Endpoint != want {
			t.Errorf("%s: %s%s", in, w.Accounts[0].Endpoint, text(diags))
		}
	}
}

func TestTokenVariable(t *testing.T) {
	for name, want := range map[string]string{"shop": "HERALD_TOKEN_SHOP", "my-shop_2": "HERALD_TOKEN_MY_SHOP_2", "café": "HERALD_TOKEN_CAF_"} {
		if got := TokenVariable(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestValidate checks what can be checked without values, and nothing else.
func TestValidate(t *testing.T) {
	const main = shop + `
variable "people" {
  type = map(object({ igsid = string, name = string }))
}
variable "any" {}
variable "names" {
  type      = set(string)
  sensitive = false
}
variable "secret" {
  sensitive = true
}
locals {
  ids = { for k, p in var.people : k => p.igsid }
}
message "all" {
  for_each   = var.people
  recipient  = each.value.igsid
  text       = "Hi ${each.value.name}, ${var.any}"
  depends_on = [message.set[each.key]]
}
message "set" {
  for_each  = var.names
  recipient = each.key
  text      = each.value
}
message "any" {
  for_each  = var.any
  recipient = each.value
  text      = each.value.text
  image     = each.value.image
}
message "known" {
  for_each  = { a = "x", b = "2" }
  recipient = each.value
  text      = var.secret
}
reaction "r" {
  for_each   = var.people
  recipient  = each.value.igsid
  message_id = message.all[each.key].id
}
message "typo" {
  for_each  = var.people
  recipient = each.value.igsd
  text      = upper(each.value.name, 1)
}
message "secret" {
  recipient = var.secret
  text      = "Hi"
}
output "ids" {
  value = { for k, m in message.all : k => m.id }
}
`
	c, diags := Load(write(t, map[string]string{"main.hcl": main}), Options{})
	if diags.HasErrors() {
		t.Fatal(text(diags))
	}
	const want = `main.hcl:38,15-25: error: Invalid recipient: A recipient is the person's Instagram-scoped id: a string of digits and nothing else, as in "17841400000000001". A user name, or an id with blanks around it, reaches nobody. The instance is message.known["a"].
main.hcl:48,25-30: error: Unknown attribute: This object does not have an attribute named "igsd". Did you mean igsid?
main.hcl:49,38-39: error: Too many function arguments: Function "upper" expects only 1 argument(s).
main.hcl:52,15-25: error: Sensitive value: recipient stands in every plan and in the record, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).
`
	if got := text(c.Validate()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormat(t *testing.T) {
	for in, want := range map[string]string{
		"":                     "",
		" \n\n":                "",
		"a=1\nbcd =   2\n\n\n": "a   = 1\nbcd = 2\n",
		"message \"a\" {\nrecipient=\"1\"\n  text = \"x\" // why\n}": "message \"a\" {\n  recipient = \"1\"\n  text      = \"x\" // why\n}\n",
		"a = <<EOT\n  as it is  \nEOT":                               "a = <<EOT\n  as it is  \nEOT\n",
		"a = [1,\n2]  \n":                                            "a = [1,\n2]\n",
	} {
		got := string(Format([]byte(in)))
		if got != want {
			t.Errorf("%q became\n%s\nwant\n%s", in, got, want)
		}
		if again := string(Format([]byte(got))); again != got {
			t.Errorf("%q is formatted again", got)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(design, `customers = { ana = { igsid = "1", name = "Ana" } }`)
	f.Add(shop+"message \"a\" {\n  for_each = { a = \"1\" }\n  recipient = each.value\n  text = \"%{ if true }x%{ endif }\"\n}\noutput \"o\" {\n  value = message.a\n}\n", "")
	f.Add("moved {\n from = message.a\n to = message.b[\"x\"]\n}\nherald {\n limits {\n max_sends = 3\n}\n}\n", "x = [")
	f.Fuzz(func(t *testing.T, main, vars string) {
		c, diags := Load(write(t, map[string]string{"main.hcl": main, "herald.hclvars": vars}), Options{Version: "0.1.0"})
		if !diags.HasErrors() {
			_, more := c.Expand(Values{})
			diags = append(append(diags, more...), c.Validate()...)
		}
		for _, d := range diags {
			if d.Subject == nil || d.Subject.Start.Line < 1 || d.Subject.Start.Column < 1 || d.Summary == "" {
				t.Errorf("no place: %s", d)
			}
		}
		Format([]byte(main))
	})
}
