package addr

import "testing"

func TestWrittenForm(t *testing.T) {
	for _, tc := range []struct {
		in   Instance
		want string
	}{
		{Block{Message, "welcome"}.Only(), `message.welcome`},
		{Block{Message, "welcome"}.Each("ana"), `message.welcome["ana"]`},
		{Block{Reaction, "a-b_1"}.Each(""), `reaction.a-b_1[""]`},
		{Block{Message, "q"}.Each("a\"b\\c\nd${e}%{f}$"), `message.q["a\"b\\c\nd$${e}%%{f}$"]`},
		{Block{Message, "q"}.Each("\x1b\u202e\U000e0041ö😀"), `message.q["\u001b\u202e\U000e0041ö😀"]`},
	} {
		if got := tc.in.String(); got != tc.want {
			t.Errorf("String() = %s, want %s", got, tc.want)
		}
		back, err := Parse(tc.want)
		if err != nil || back != tc.in {
			t.Errorf("Parse(%s) = %v, %v", tc.want, back, err)
		}
	}
}

func TestParseSaysWhatIsMissing(t *testing.T) {
	for in, want := range map[string]string{
		"welcome":             `"welcome" is not an address: it begins with "message." or "reaction.", as in message.welcome`,
		"message":             `"message" is not an address: a block's name is missing, as in message.welcome`,
		"message.1a":          `"message.1a" is not an address: "1a" is not a name (letters, digits, _ and -, a letter or _ first)`,
		`message.a["b"`:       `"message.a[\"b\"" is not an address: the key has no closing bracket`,
		`message.a[b]`:        `"message.a[b]" is not an address: the key must be a quoted string, as in message.a["ana"] (in a shell, put the address in single quotes): no quotes around it`,
		`message.a["${b}"]`:   `"message.a[\"${b}\"]" is not an address: the key must be a quoted string, as in message.a["ana"] (in a shell, put the address in single quotes): a template within it`,
		`message.a["\ud800"]`: `"message.a[\"\\ud800\"]" is not an address: the key must be a quoted string, as in message.a["ana"] (in a shell, put the address in single quotes): a \u escape that is no character`,
	} {
		if _, err := Parse(in); err == nil || err.Error() != want {
			t.Errorf("Parse(%s)\n got %v\nwant %s", in, err, want)
		}
	}
}

func TestPattern(t *testing.T) {
	ana := Block{Message, "campaign"}.Each("ana")
	only := Block{Message, "campaign"}.Only()
	for _, tc := range []struct {
		pattern   string
		ana, only bool
	}{
		{`message.campaign`, true, true},
		{`message.campaign["ana"]`, true, false},
		{`message.campaign["*"]`, true, false},
		{`message.campaign["a*a"]`, true, false},
		{`message.campaign["b*"]`, false, false},
		{`message.c*n`, true, true},
		{`message.*`, true, true},
		{`reaction.campaign`, false, false},
	} {
		p, err := ParsePattern(tc.pattern)
		if err != nil {
			t.Fatalf("%s: %v", tc.pattern, err)
		}
		if p.Match(ana) != tc.ana || p.Match(only) != tc.only {
			t.Errorf("%s matches %v, %v; want %v, %v", tc.pattern, p.Match(ana), p.Match(only), tc.ana, tc.only)
		}
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "ana", "a\"b\\", "$${x}", "%{", "$$", "\x00\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		back, err := Unquote(Quote(s))
		if err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(s)); back != want {
			t.Fatalf("%q became %q", want, back)
		}
	})
}
