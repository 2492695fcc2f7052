package access

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"pgregory.net/rapid"
)

func TestRedact(t *testing.T) {
	secrets := []string{"IGAAlong", "IGAAlonger", `odd&"<t>`, "", "IGAAlong"}
	for _, tc := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"plain", []string{"nothing here\n"}, "nothing here\n"},
		{"one", []string{"a IGAAlong b\n"}, "a (token) b\n"},
		{"the longer one first", []string{"IGAAlonger IGAAlong\n"}, "(token) (token)\n"},
		{"many", []string{"IGAAlongIGAAlong\n"}, "(token)(token)\n"},
		{"in two writes", []string{"a IGAA", "long b\n"}, "a (token) b\n"},
		{"in many writes", strings.Split("x IGAAlonger y\n", ""), "x (token) y\n"},
		{"only the beginning", []string{"a IGAA", "other\n"}, "a IGAAother\n"},
		{"as JSON has it", []string{`{"x":"odd\u0026\"\u003ct\u003e"}` + "\n"}, `{"x":"(token)"}` + "\n"},
		{"as Go has it", []string{`"odd&\"<t>"` + "\n"}, `"(token)"` + "\n"},
		{"as a URL has it", []string{"?access_token=odd%26%22%3Ct%3E&x\n"}, "?access_token=(token)&x\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var buf bytes.Buffer
			w := Redact(&buf, func() []string { return secrets })
			for _, s := range tc.writes {
				if n, err := io.WriteString(w, s); n != len(s) || err != nil {
					t.Fatalf("wrote %d of %d, %v", n, len(s), err)
				}
			}
			if buf.String() != tc.want {
				t.Errorf("got %q, want %q", buf.String(), tc.want)
			}
		})
	}
}

// Secrets may come and go while the writer lives.
func TestRedactLearns(t *testing.T) {
	var buf bytes.Buffer
	var secrets []string
	w := Redact(&buf, func() []string { return secrets })
	fmt.Fprintln(w, "one two")
	secrets = []string{"one"}
	fmt.Fprintln(w, "one two")
	secrets[0] = "two"
	fmt.Fprintln(w, "one two")
	secrets = nil
	fmt.Fprintln(w, "one two")
	if want := "one two\n(token) two\none (token)\none two\n"; buf.String() != want {
		t.Errorf("got %q", buf.String())
	}
}

func TestRedactPassesErrorsOn(t *testing.T) {
	broken := errors.New("disk is full")
	w := Redact(writer(func([]byte) (int, error) { return 0, broken }), func() []string { return nil })
	if _, err := w.Write([]byte("x\n")); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type writer func([]byte) (int, error)

func (f writer) Write(p []byte) (int, error) { return f(p) }

// Under a logger, at each level and in both formats, from many goroutines.
func TestRedactUnderHclog(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var buf bytes.Buffer
		log := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, JSONFormat: asJSON, Output: Redact(&buf, func() []string { return []string{secret} })})
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				log.Trace("url https://x/?access_token="+secret, "i", i, "token", secret, "err", errors.New("Bearer "+secret), "d", time.Second)
				log.Named(secret).With(secret, secret).Error(secret)
			})
		}
		all.Wait()
		if strings.Contains(buf.String(), secret) {
			t.Errorf("the token is in the log: %s", buf.String())
		}
		if n := strings.Count(buf.String(), "\n"); n != 40 {
			t.Errorf("%d lines", n)
		}
	}
}

// However a text is cut, what comes out is the text with each secret replaced.
func TestRedactIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([ab]{1,4}|aab|ab-ab-c){0,20}`).Draw(t, "text") + "\n"
		var want bytes.Buffer
		secrets := func() []string { return []string{"ab-ab-c", "aab"} }
		fmt.Fprint(Redact(&want, secrets), text)
		var got bytes.Buffer
		w := Redact(&got, secrets)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			fmt.Fprint(w, rest[:n])
			rest = rest[n:]
		}
		if got.String() != want.String() {
			t.Fatalf("cut it is %q, whole %q", got.String(), want.String())
		}
		for _, s := range secrets() {
			if strings.Contains(got.String(), s) {
				t.Fatalf("%q has %q", got.String(), s)
			}
		}
	})
}
