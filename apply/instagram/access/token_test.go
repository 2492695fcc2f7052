package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"
)

const secret = "IGAAtestingtestingtestingtesting0123456789"

func token(t testing.TB, secret string) Token {
	t.Helper()
	tok, err := NewToken(secret)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// A token shows nowhere, not even as an unexported field.
func TestTokenDoesNotPrint(t *testing.T) {
	tok := token(t, secret)
	type hidden struct {
		name  string
		token Token
		all   map[string]Token
		at    *Token
	}
	type open struct{ Token Token }
	tokens, faults := Environment(func(string) (string, bool) { return secret, true }, nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	tokens.tokens["shop"] = tok
	values := []any{tok, &tok, []Token{tok}, hidden{"a", tok, map[string]Token{"x": tok}, &tok}, &hidden{token: tok}, open{tok}, tokens, *tokens, Static(tok)}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t"} {
			noSecret(t, fmt.Sprintf("%T with %s", v, verb), fmt.Sprintf(verb, v))
		}
		data, err := json.Marshal(v)
		noSecret(t, fmt.Sprintf("%T as JSON", v), string(data)+fmt.Sprint(err))
		for _, asJSON := range []bool{true, false} {
			var buf bytes.Buffer
			hclog.New(&hclog.LoggerOptions{Output: &buf, JSONFormat: asJSON}).Info("x", "value", v, "format", hclog.Fmt("%#v", v))
			noSecret(t, fmt.Sprintf("%T in hclog", v), buf.String())
			buf.Reset()
			slog.New(slog.NewJSONHandler(&buf, nil)).Info("x", "value", v)
			slog.New(slog.NewTextHandler(&buf, nil)).Info("x", "value", v)
			noSecret(t, fmt.Sprintf("%T in slog", v), buf.String())
		}
	}
	for got, want := range map[string]string{
		fmt.Sprint(tok): "(token)", fmt.Sprintf("%#v", tok): "(token)", fmt.Sprintf("%q", tok): "(token)", tok.String(): "(token)", tok.GoString(): "(token)",
		fmt.Sprint(tokens): "1 tokens", tok.LogValue().String(): "(token)",
	} {
		if got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
	}
	if data, err := json.Marshal(tok); string(data) != `"(token)"` || err != nil {
		t.Errorf("JSON is %s, %v", data, err)
	}
	if data, err := tok.MarshalText(); string(data) != "(token)" || err != nil {
		t.Errorf("text is %s, %v", data, err)
	}
}

func noSecret(t *testing.T, where, s string) {
	t.Helper()
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
		if strings.Contains(s, form) {
			t.Errorf("%s shows the token: %s", where, s)
		}
	}
}

func TestNewToken(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"IGAA-x_1.2~", ""},
		{"", "the token is empty"},
		{"a b", "the token holds a space, a line break or another character that no token has"},
		{"abc\n", "the token holds a space, a line break or another character that no token has"},
		{"a\x00b", "the token holds a space, a line break or another character that no token has"},
		{"é", "the token holds a space, a line break or another character that no token has"},
		{"a\xffb", "the token holds a space, a line break or another character that no token has"},
		{"\u2060a", "the token holds a space, a line break or another character that no token has"},
		{"Bearer abc", `the token begins with the word "Bearer": give the token alone`},
		{`"abc"`, "the token holds a quotation mark: give the token alone"},
		{strings.Repeat("a", maxToken+1), "the token is longer than 8192 bytes"},
	} {
		tok, err := NewToken(tc.in)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != tc.want || tok.IsZero() != (tc.want != "") {
			t.Errorf("%.20q: %s, want %s", tc.in, got, tc.want)
		}
	}
	if tok, err := Static(Token{}).Token("shop"); !tok.IsZero() || err == nil || err.Error() != `account "shop": its token: there is none` {
		t.Errorf("got %v", err)
	}
}

func TestVariable(t *testing.T) {
	for account, want := range map[string]string{
		"shop": "HERALD_TOKEN_SHOP", "my-shop_2": "HERALD_TOKEN_MY_SHOP_2", "Éclair": "HERALD_TOKEN__CLAIR", "a.b c": "HERALD_TOKEN_A_B_C",
	} {
		if got := Variable(account); got != want {
			t.Errorf("%s: %s, want %s", account, got, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	file := func(name, data string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	type vars map[string]string
	good := file("good", "tok-file\n")
	for _, tc := range []struct {
		name     string
		env      vars
		accounts []string
		want     map[string]string
		faults   []string
	}{
		{"one account, general", vars{"HERALD_TOKEN": "tok"}, []string{"shop"}, vars{"shop": "tok"}, nil},
		{"one account, its own", vars{"HERALD_TOKEN_SHOP": "own"}, []string{"shop"}, vars{"shop": "own"}, nil},
		{"its own wins", vars{"HERALD_TOKEN_SHOP": "own", "HERALD_TOKEN": "tok"}, []string{"shop"}, vars{"shop": "own"}, nil},
		{"the same account twice", vars{"HERALD_TOKEN": "tok"}, []string{"shop", "shop"}, vars{"shop": "tok"}, nil},
		{"general file", vars{"HERALD_TOKEN_FILE": good}, []string{"shop"}, vars{"shop": "tok-file"}, nil},
		{"own file", vars{"HERALD_TOKEN_SHOP_FILE": good}, []string{"shop"}, vars{"shop": "tok-file"}, nil},
		{"file of Windows", vars{"HERALD_TOKEN_FILE": file("crlf", "tok\r\n")}, []string{"shop"}, vars{"shop": "tok"}, nil},
		{"file without line break", vars{"HERALD_TOKEN_FILE": file("bare", "tok")}, []string{"shop"}, vars{"shop": "tok"}, nil},
		{"two accounts", vars{"HERALD_TOKEN_A": "1", "HERALD_TOKEN_B_C": "2"}, []string{"a", "b-c"}, vars{"a": "1", "b-c": "2"}, nil},
		{"no accounts", vars{"HERALD_TOKEN": "tok"}, nil, vars{}, nil},

		{"none", nil, []string{"shop"}, vars{}, []string{`account "shop": its token: there is none. Set HERALD_TOKEN_SHOP or HERALD_TOKEN to the token, or HERALD_TOKEN_SHOP_FILE to the name of a file that holds it.`}},
		{"one of two", vars{"HERALD_TOKEN_A": "1"}, []string{"a", "b"}, vars{"a": "1"}, []string{`account "b": its token: there is none. Set HERALD_TOKEN_B to the token, or HERALD_TOKEN_B_FILE to the name of a file that holds it.`}},
		{"general for two", vars{"HERALD_TOKEN": "1"}, []string{"a", "b"}, vars{}, []string{
			`account "a": HERALD_TOKEN: it is set, but says nothing where there are several accounts. Set HERALD_TOKEN_A to the token, or HERALD_TOKEN_A_FILE to the name of a file that holds it.`,
			`account "b": HERALD_TOKEN: it is set, but says nothing where there are several accounts. Set HERALD_TOKEN_B to the token, or HERALD_TOKEN_B_FILE to the name of a file that holds it.`,
		}},
		{"empty", vars{"HERALD_TOKEN": ""}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN: it is set but empty. Set HERALD_TOKEN to the account's token.`}},
		{"own is empty", vars{"HERALD_TOKEN_SHOP": "", "HERALD_TOKEN": "tok"}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_SHOP: it is set but empty. Set HERALD_TOKEN_SHOP to the account's token.`}},
		{"both", vars{"HERALD_TOKEN": "secret-1", "HERALD_TOKEN_FILE": good}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN: it is set, and so is HERALD_TOKEN_FILE. Unset HERALD_TOKEN or HERALD_TOKEN_FILE.`}},
		{"space", vars{"HERALD_TOKEN": "secret 1"}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN: its value holds a space, a line break or another character that no token has. Set HERALD_TOKEN to the account's token.`}},
		{"no file name", vars{"HERALD_TOKEN_FILE": ""}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_FILE: it is set but empty. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`}},
		{"file is missing", vars{"HERALD_TOKEN_FILE": dir + "/none"}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_FILE: the file cannot be read: open ` + dir + `/none: no such file or directory. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`}},
		{"file is a directory", vars{"HERALD_TOKEN_FILE": dir}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_FILE: the file cannot be read: read ` + dir + `: is a directory. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`}},
		{"file is empty", vars{"HERALD_TOKEN_FILE": file("empty", "\n")}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_FILE: the file ` + dir + `/empty is empty. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`}},
		{"file is too big", vars{"HERALD_TOKEN_FILE": file("big", strings.Repeat("a", maxToken+100))}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_FILE: the file ` + dir + `/big is longer than 8192 bytes. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`}},
		{"file has two lines", vars{"HERALD_TOKEN_FILE": file("two", "secret-1\n\n")}, []string{"shop"}, vars{}, []string{`account "shop": HERALD_TOKEN_FILE: the file ` + dir + `/two holds a space, a line break or another character that no token has. Set HERALD_TOKEN_FILE to the name of a file that holds the account's token and nothing else.`}},
		{"clash", vars{"HERALD_TOKEN_A_B": "secret-1"}, []string{"a-b", "a_b", "c"}, vars{}, []string{
			`account "a-b": HERALD_TOKEN_A_B: it would be read for the account "a_b" too. Rename one of the accounts in the configuration; their addresses and records do not depend on the name.`,
			`account "a_b": HERALD_TOKEN_A_B: it would be read for the account "a-b" too. Rename one of the accounts in the configuration; their addresses and records do not depend on the name.`,
			`account "c": its token: there is none. Set HERALD_TOKEN_C to the token, or HERALD_TOKEN_C_FILE to the name of a file that holds it.`,
		}},
		{"clash with a file", vars{"HERALD_TOKEN_A_FILE": "secret-1"}, []string{"a", "a_file"}, vars{}, []string{
			`account "a": HERALD_TOKEN_A_FILE: it would be read for the account "a_file" too. Rename one of the accounts in the configuration; their addresses and records do not depend on the name.`,
			`account "a_file": HERALD_TOKEN_A_FILE: it would be read for the account "a" too. Rename one of the accounts in the configuration; their addresses and records do not depend on the name.`,
		}},
		{"clash with the general file", vars{"HERALD_TOKEN_FILE": "secret-1"}, []string{"file"}, vars{}, []string{
			`account "file": HERALD_TOKEN_FILE: it would be both this account's token and the file of HERALD_TOKEN. Rename the account in the configuration; addresses and records do not depend on its name.`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tokens, faults := Environment(func(name string) (string, bool) { v, ok := tc.env[name]; return v, ok }, tc.accounts)
			got := map[string]string{}
			for _, account := range tc.accounts {
				if tok, err := tokens.Token(account); err == nil {
					got[account] = tok.Reveal()
				} else if !errors.As(err, new(*TokenError)) {
					t.Errorf("%s: %v", account, err)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("tokens (- want, + got):\n%s", diff)
			}
			var texts []string
			for _, err := range faults {
				texts = append(texts, err.Error())
				if strings.Contains(err.Error(), "secret") {
					t.Errorf("a value is quoted: %v", err)
				}
			}
			if diff := cmp.Diff(tc.faults, texts); diff != "" {
				t.Errorf("errors (- want, + got):\n%s", diff)
			}
			if len(tokens.Secrets()) != len(tc.want) {
				t.Errorf("%d secrets", len(tokens.Secrets()))
			}
		})
	}
	tokens, _ := Environment(func(string) (string, bool) { return "", false }, nil)
	if _, err := tokens.Token("other"); err == nil || err.Error() != `account "other": its token: it was not looked for: the account is not one of the plan's` {
		t.Errorf("got %v", err)
	}
}
