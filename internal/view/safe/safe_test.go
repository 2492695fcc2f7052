package safe

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"Hi Ana, äöü, 你好, مرحبا":                     "Hi Ana, äöü, 你好, مرحبا",
		"two\nlines":                                 "two\nlines",
		"\x1b[31mred\x1b]8;;x\a":                     "⟨ESC⟩[31mred⟨ESC⟩]8;;x⟨BEL⟩",
		"a\u009b31m\x7f\x00":                         "a⟨U+009B⟩31m⟨DEL⟩⟨NUL⟩",
		"a\r\nb\tc\vd":                               "a⟨CR⟩\nb⟨TAB⟩c⟨VT⟩d",
		"\u202eevil\u2066x\u2069\u061c\u200f":        "⟨U+202E⟩evil⟨U+2066⟩x⟨U+2069⟩⟨U+061C⟩⟨U+200F⟩",
		"z\u200bw\u200c\u200d\u2060\ufeff\u00ad":     "z⟨U+200B⟩w⟨U+200C⟩⟨U+200D⟩⟨U+2060⟩⟨U+FEFF⟩⟨U+00AD⟩",
		"\u00a0\u2003\u3000\u2028\u2029\u2800\u3164": "⟨U+00A0⟩⟨U+2003⟩⟨U+3000⟩⟨U+2028⟩⟨U+2029⟩⟨U+2800⟩⟨U+3164⟩",
		"bad\xff\xc0utf8":                            "bad⟨0xFF⟩⟨0xC0⟩utf8",
		"\ufffd":                                     "\ufffd",
		"\ue000private\U000f0000":                    "⟨U+E000⟩private⟨U+F0000⟩",
		// Emoji as they are seen.
		"👩‍👩‍👧 👩🏽‍🚀 🏳️‍🌈 ❤️ ❤︎ 1️⃣ 🇩🇪 👍🏿":                               "👩‍👩‍👧 👩🏽‍🚀 🏳️‍🌈 ❤️ ❤︎ 1️⃣ 🇩🇪 👍🏿",
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"🏴\U000e0061\U000e0062":           "🏴⟨U+E0061⟩⟨U+E0062⟩",
		"a\u200db":                        "a⟨U+200D⟩b",
		"👩\u200d\u200d👧":                  "👩⟨U+200D⟩⟨U+200D⟩👧",
		"👩\u200d":                         "👩⟨U+200D⟩",
		"❤\ufe0f\ufe0f\ufe0f":             "❤\ufe0f⟨U+FE0F⟩⟨U+FE0F⟩",
		"a\ufe0f":                         "a⟨U+FE0F⟩",
		"1\ufe0f":                         "1⟨U+FE0F⟩",
		"❤\ufe01\U000e0100":               "❤⟨U+FE01⟩⟨U+E0100⟩",
		"e\u0301":                         "e\u0301",
		"\u0301x\n\u0301":                 "⟨U+0301⟩x\n⟨U+0301⟩",
		"e" + strings.Repeat("\u0300", 6): "e" + strings.Repeat("\u0300", 4) + "⟨U+0300⟩⟨U+0300⟩",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q)\n got %q\nwant %q", in, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	if got, want := Line("a\nb\r\n"), "a⏎b⟨CR⟩⏎"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Source("\tx = 1\x1b"), "  x = 1⟨ESC⟩"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCodeAndFence(t *testing.T) {
	for in, want := range map[string]string{
		"plain":         "`plain`",
		"":              "` `",
		"a`b":           "``a`b``",
		"`":             "`` ` ``",
		"\x20x\x20":     "`  x  `",
		"``@all\n#1":    "``` ``@all⏎#1 ```",
		"</code>\u202e": "`</code>⟨U+202E⟩`",
	} {
		if got := Code(in); got != want {
			t.Errorf("Code(%q) = %s, want %s", in, got, want)
		}
	}
	if got, want := Cell(`a|b\|`), "`a⟨U+007C⟩b\\⟨U+007C⟩`"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := Fence("text", "a\n````\nb\n"), "`````text\na\n````\nb\n`````\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCommandsToARunner(t *testing.T) {
	for in, want := range map[string]string{
		"##[error]x ###[group] ##vso[a]": "⟨U+0023⟩#[error]x #⟨U+0023⟩#[group] ⟨U+0023⟩#vso[a]",
		"## heading [x]":                 "## heading [x]",
		"ü ##[x":                         "ü ⟨U+0023⟩#[x",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"::error::x":                 "⟨U+003A⟩:error::x",
		"  \t::x\n":                  "  \t⟨U+003A⟩:x\n",
		"\x1b[1m \x1b[31m::x\x1b[0m": "\x1b[1m \x1b[31m⟨U+003A⟩:x\x1b[0m",
		"a ::x":                      "a ::x",
		":x":                         ":x",
		"":                           "",
		"\x1b[":                      "\x1b[",
	} {
		if got := Output(in); got != want {
			t.Errorf("Output(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := Fence("text", "```\n/merge"), "````text\n```\n⟨U+002F⟩merge\n````\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Fence("text", "/x"), "```text\n/x\n```\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := Fence("text", "a\n ::x"), "```text\na\n ⟨U+003A⟩:x\n```\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJSONKeepsTheValue(t *testing.T) {
	in := "a\u202e\x7f\u009b\U000e0041\u2028😀 <b>"
	data, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	got := string(JSON(append(data, '\n')))
	if want := "\"a\\u202e\\u007f\\u009b\\udb40\\udc41\\u2028😀 \\u003cb\\u003e\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var back string
	if err := json.Unmarshal([]byte(got), &back); err != nil || back != in {
		t.Errorf("it became %q, %v", back, err)
	}
}

func TestWrap(t *testing.T) {
	got := strings.Join(Wrap("你好 wide words and 👩‍👩‍👧 an-unbreakable-but-hyphenated 0123456789012345678901234567890", 20), "|")
	if want := "你好 wide words and|👩‍👩‍👧|an-unbreakable-but-h|yphenated|01234567890123456789|01234567890"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// FuzzText holds that no output has a character that moves or hides text, but
// for the parts of emoji; that lines are lines; and that marking twice is the
// same as marking once.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "Hi\n", "\x1b[0m\u202e\u200b", "👩‍👩‍👧❤️1️⃣", "a\u0301\u0301\u0301\u0301\u0301", "\xff\r", "`@#|```\n</details>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, line := Text(s), Line(s)
		if strings.ContainsRune(line, '\n') {
			t.Fatalf("a line break in the line %q", line)
		}
		if Text(text) != text {
			t.Fatalf("%q changes again", text)
		}
		for _, out := range []string{text, line, Code(s), Fence("text", s)} {
			if !utf8.ValidString(out) {
				t.Fatalf("%q is not UTF-8", out)
			}
			for i, r := range out {
				switch {
				case r == '\n' || !Odd(r):
				case r == zwj || r == emojiStyle || r == textStyle || r >= 0xe0061 && r <= 0xe007f:
					before, _ := utf8.DecodeLastRuneInString(out[:i])
					if before < 0x80 && !keycap(before) || before == zwj {
						t.Fatalf("%U behind %U in %q", r, before, out)
					}
				default:
					t.Fatalf("%U in %q", r, out)
				}
			}
		}
		if cell := Cell(s); strings.ContainsAny(cell, "|\n") {
			t.Fatalf("%q ends a cell", cell)
		}
		for _, w := range []int{1, 2, 7, 80} {
			for _, l := range strings.Split(text, "\n") {
				parts := Wrap(l, w)
				for _, part := range parts {
					if w > 2 && Width(part) > w && len(part) > w {
						t.Fatalf("%q is wider than %d", part, w)
					}
				}
				if got := strings.Join(parts, ""); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(l, " ", "") {
					t.Fatalf("%q was wrapped to %q", l, parts)
				}
			}
		}
	})
}
