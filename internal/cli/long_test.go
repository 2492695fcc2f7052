package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestTenThousandMessages: a plan for ten thousand people is a page of text, a
// comment that fits, and a page that opens; each says what it leaves out.
func TestTenThousandMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), blocks(10_000), 0o666); err != nil {
		t.Fatal(err)
	}
	text := herald(t, dir, 0, "plan", "-out=p.plan")
	if n := strings.Count(text, "\n"); n > 120 {
		t.Errorf("the text has %d lines, not a page", n)
	}
	for _, part := range []string{"10,000 to send", "more", "-verbose", "sha256:"} {
		if !strings.Contains(text, part) {
			t.Errorf("the text does not say %q:\n%s", part, text)
		}
	}
	for _, budget := range []struct {
		args []string
		most int
	}{{nil, 65_536}, {[]string{"-budget=1000000"}, 1_000_000}, {[]string{"-budget=8000"}, 8_000}} {
		markdown := herald(t, dir, 0, append(append([]string{"show", "-markdown"}, budget.args...), "p.plan")...)
		if len(markdown) > budget.most || len(markdown) < budget.most/2 {
			t.Errorf("with %v the Markdown has %d bytes of %d", budget.args, len(markdown), budget.most)
		}
		for _, part := range []string{"10,000 to send", " more ", "sha256:"} {
			if !strings.Contains(markdown, part) {
				t.Errorf("with %v the Markdown does not say %q", budget.args, part)
			}
		}
	}
	page := herald(t, dir, 0, "show", "-html", "-json-into=plan.json", "p.plan")
	if n := len(bubbles(t, page)); n != 10_000 {
		t.Errorf("the page shows %d texts", n)
	}
	if n := bytes.Count([]byte(read(t, filepath.Join(dir, "plan.json"))), []byte(`"address":`)); n < 10_000 {
		t.Errorf("the JSON has %d addresses", n)
	}
}

// bubbles returns the texts of a page that begin as those of blocks do, each of
// them once. Every element of the page must be closed in its turn.
func bubbles(t *testing.T, page string) map[string]bool {
	t.Helper()
	texts, open := make(map[string]bool), []string(nil)
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := z.Next()
		token := z.Token()
		switch kind {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("the page leaves %v open", open)
			}
			return texts
		case html.StartTagToken:
			if !slices.Contains([]string{"meta", "link", "br", "hr", "img", "wbr", "input"}, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("the page closes %s within %v", token.Data, open)
			}
			open = open[:len(open)-1]
		case html.TextToken:
			if strings.HasPrefix(strings.TrimSpace(token.Data), "Hello number ") {
				texts[token.Data] = true
			}
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}
