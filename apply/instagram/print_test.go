package instagram

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"herald/apply/instagram/access"
)

// A token shows nowhere, not even in a client that is printed.
func TestClientDoesNotPrintItsToken(t *testing.T) {
	tokens, faults := access.Environment(func(name string) (string, bool) { return secret, name == "HERALD_TOKEN" }, []string{"shop"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	o := Options{Tokens: tokens}
	for _, v := range []any{client(t, o), o} {
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
}

func noSecret(t *testing.T, where, s string) {
	t.Helper()
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret)} {
		if strings.Contains(s, form) {
			t.Errorf("%s shows the token: %s", where, s)
		}
	}
}
