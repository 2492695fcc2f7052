package odd

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// list writes marks as kind:line:text, separated by bars.
func list(marks []Mark) string {
	parts := make([]string, len(marks))
	for i, m := range marks {
		parts[i] = fmt.Sprintf("%s:%d:%s", m.Kind, m.Line, m.Text)
	}
	return strings.Join(parts, "|")
}

func TestFind(t *testing.T) {
	for in, want := range map[string]string{
		"Hi {{name}},\nyour order {{ .Order | upper }} {{{raw}}}": "placeholder:1:{{name}}|placeholder:2:{{ .Order | upper }}|placeholder:2:{{{raw}}}",
		"Hi {{name, see you":                              "placeholder:1:{{name",
		"Hi ${each.value.name} and ${x":                   "placeholder:1:${each.value.name}|placeholder:1:${x",
		"%{if x}yes%{endif} #{name} {% if a %}":           "placeholder:1:%{if x}|placeholder:1:%{endif}|placeholder:1:#{name}|placeholder:1:{% if a %}",
		"Hi %s, %d left, %v, %.2f €, %1$s, %(name)s":      "placeholder:1:%s|placeholder:1:%d|placeholder:1:%v|placeholder:1:%.2f|placeholder:1:%1$s|placeholder:1:%(name)s",
		"Hi %!s(MISSING), %!v(PANIC=String method: nil)":  "placeholder:1:%!s(MISSING)|placeholder:1:%!v(PANIC=String method: nil)",
		"https://shop.example/?q=%s&b=%9d":                "placeholder:1:%s",
		"Hi %NAME%, *|FNAME|*, __NAME__, %%name%%":        "placeholder:1:%NAME%|placeholder:1:*|FNAME|*|placeholder:1:__NAME__|placeholder:1:%%name%%",
		"Hi {name}, {0}, {}":                              "placeholder:1:{name}|placeholder:1:{0}|placeholder:1:{}",
		"Hi <name>,<br>your <first name> </b>":            "placeholder:1:<name>|placeholder:1:<br>|placeholder:1:<first name>|placeholder:1:</b>",
		"Hi [NAME], [First name], [ORDER_ID]":             "placeholder:1:[NAME]|placeholder:1:[First name]|placeholder:1:[ORDER_ID]",
		todo + ": write this\n" + fixme + " TBD":          "placeholder:1:" + todo + ":|placeholder:2:" + fixme + "|placeholder:2:TBD",
		todo:                                              "placeholder:1:" + todo,
		"Lorem ipsum dolor":                               "placeholder:1:Lorem ipsum",
		"\n\n Hi. \n":                                     "blank_edges:1:\n\n |blank_edges:3: \n",
		"Hi.\n\n":                                         "blank_edges:1:\n\n",
		" ":                                               "blank_edges:1: ",
		"%s %s\n%s":                                       "placeholder:1:%s",
		"Hi , your order":                                 "empty_name:1:Hi ,",
		"First line\n  Hello !":                           "empty_name:2:Hello !",
		"Dear ,\nDear,\nLieber ,":                         "empty_name:1:Dear ,|empty_name:2:Dear,|empty_name:3:Lieber ,",
		"Hey null, good morning undefined!":               "empty_name:1:Hey null|empty_name:1:undefined",
		"Thanks  , see you. Total: NaN <no value> (null)": "empty_name:1:s  ,|empty_name:1:NaN|empty_name:1:<no value>|empty_name:1:(null)",
		"Good morning , , bye":                            "empty_name:1:, ,",
		"a\u202eb\u2066\u2069c\u200f":                     "bidirectional:1:\u202e|bidirectional:1:\u2066\u2069|bidirectional:1:\u200f",
		"a\u200b\u00adb\n\ufeff\u3164 ❤\ufe0f\ufe0f":      "invisible:1:\u200b\u00ad|invisible:2:\ufeff\u3164|invisible:2:\ufe0f",
		"a\x1b[31mb\r\n\tc\x00":                           "control:1:\x1b|control:1:\r|control:2:\t|control:2:\x00",
		"a\xffb":                                          "control:1:\xff",
		"Log in at pаypal now":                            "mixed_script:1:pаypal",
		"Ηello, VISА, мoсква":                             "mixed_script:1:Ηello|mixed_script:1:VISА|mixed_script:1:мoсква",
		"🏴\U000e0061\U000e0062":                           "invisible:1:\U000e0061\U000e0062",
		"Hi <name>,\n\u202ehttps://x.example/{{id}}?a=%s": "placeholder:1:<name>|bidirectional:2:\u202e|placeholder:2:{{id}}|placeholder:2:%s",
	} {
		if got := list(Find(in)); got != want {
			t.Errorf("Find(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

// TestNothingOdd holds texts that people write and mean.
func TestNothingOdd(t *testing.T) {
	for _, s := range []string{
		"", "Hi!", "Hello,", "Hi", "Hey there", "Hi :)", "Hello ;-)", "Hey ...", "Hi Ana, your order is on its way. 🚚", "Bonjour !", "Salut , non",
		"I <3 you", "a < b and c > d", "a<b and c>d", ">_<", "<<bonjour>>", "x <- y -> z", "see <https://x.example>",
		"50%", "100 % sure", "100%sure", "50%discount", "50%s", "100 %sicher", "https://x.example/%D0%BF%d0%2f%20", "%", "%%", "3 % d'intérêt",
		"$50", "A$AP", "$AAPL", "{", "}", "{ hi }", "(a) [1] [SALE] [NEW] [x]", "¡" + todo + " al 50%!", "todo bien", "__init__", "_so_",
		"Oh dear, sorry", "Liebe, Glück", "null Euro", "in null Komma nichts", "Hola Nil", "Hi Null", "grandma Nan", "none of us",
		"Привет, Анна", "SMSка", "ITшник", "QR-код", "Wi-Fi-роутер", "10 µm", "α-Test", "Ω", "東京Tokyo東京", "カタカナとabcとひらがな", "한국어abc",
		"می\u200cخواهم", "क्\u200dष", "ﬁ", "e\u0301", "naïve café", "\u00a0!", "全角　空白", "👩‍👩‍👧 👩🏽‍🚀 🏳️‍🌈 ❤️ 1️⃣ 🇩🇪",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "𝗯𝗼𝗹𝗱", "two\n\nlines\n", "H\u0300\u0301\u0302\u0303\u0304\u0305",
	} {
		if got := Find(s); got != nil {
			t.Errorf("Find(%q) = %q, want nothing", s, list(got))
		}
	}
}

func TestSpelled(t *testing.T) {
	for in, want := range map[string]string{"pаypal": "p⟨U+0430⟩ypal", "мoсква": "м⟨U+006F⟩сква", "VISА": "VIS⟨U+0410⟩"} {
		if got := (Mark{Kind: MixedScript, Text: in}).Spelled(); got != want {
			t.Errorf("%s is spelled %s, want %s", in, got, want)
		}
	}
	if got, want := (Mark{Kind: Placeholder, Text: "%s"}).Spelled(), "%s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFindIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "{{v%d}}\n", i)
	}
	marks := Find(b.String())
	if got, want := list(marks[len(marks)-1:]), "placeholder:20:{{v19}}"; got != want {
		t.Errorf("the last mark is %s, want %s", got, want)
	}
}

// FuzzFind holds that every piece stands in the line that is named, that they
// are in order and none is given twice.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"Hi {{name}}", "Hi ,\n%s", "\u202e\xff", "pаypal <no value>", "❤\ufe0f\ufe0f 👩\u200d", "{{{{", "%!", "<a<b>", strings.Repeat("{", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := strings.Split(s, "\n")
		seen := make(map[Mark]bool)
		last := 1
		for _, m := range Find(s) {
			if m.Line < last || m.Line > len(lines) {
				t.Fatalf("line %d behind line %d", m.Line, last)
			}
			last = m.Line
			first, _, _ := strings.Cut(m.Text, "\n")
			if m.Text == "" || !strings.Contains(lines[m.Line-1], first) {
				t.Fatalf("%q is not in line %d of %q", m.Text, m.Line, s)
			}
			if utf8.ValidString(s) && !utf8.ValidString(m.Text) {
				t.Fatalf("%q cuts a character", m.Text)
			}
			key := Mark{Kind: m.Kind, Text: m.Text}
			if seen[key] {
				t.Fatalf("%q is marked twice", m.Text)
			}
			seen[key] = true
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("Hi Ana, your order is on its way. It is with you tomorrow before noon. 🚚\n", 3)
	for b.Loop() {
		Find(text)
	}
}
