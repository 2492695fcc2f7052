package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"herald/config/addr"
	"herald/config/content"
	"herald/internal/cli"
	"herald/internal/sandbox"
	"herald/state"
	"herald/state/filestore"
)

const equalTexts = `account "shop" {
  ig_id        = "17841405822304914"
  endpoint     = %q
  settle_after = "200ms"
}
message "first" {
  recipient = "6101234567890123"
  text      = "Hi"
  lifecycle {
    allow_duplicate = true
  }
}
message "second" {
  recipient = "6101234567890123"
  text      = "Hi"
  lifecycle {
    allow_duplicate = true
  }
}
`

// TestEqualTextsInDoubt begins with a record, prepared by hand, in which two
// messages of one text to one person are in doubt, while one of the two
// arrived: that one is found, the other is proven absent and sent.
func TestEqualTextsInDoubt(t *testing.T) {
	server, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := sandbox.Listen("127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), fmt.Appendf(nil, equalTexts, listener.URL()), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-time.Second)
	post(t, listener.URL(), `{"recipient":{"id":"6101234567890123"},"message":{"text":"Hi"}}`)
	doubtful(t, dir, began, "first", "second")

	var out strings.Builder
	app := &cli.App{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Environ: os.Environ, Now: time.Now,
		LookupEnv: func(name string) (string, bool) {
			if name == "HERALD_TOKEN" {
				return secret, true
			}
			return "", false
		},
	}
	if code := app.Run(context.Background(), []string{"-chdir=" + dir, "apply", "-auto-approve"}); code != 0 {
		t.Errorf("exit code %d\n%s", code, &out)
	}
	if n := len(server.Accepted()); n != 2 {
		t.Errorf("%d messages arrived, not 2\n%s", n, &out)
	}
	record, err := filestore.New(dir, filestore.Options{}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ids := make(map[string]bool)
	for e := range record.All() {
		if e.Status != state.Sent {
			t.Errorf("%s is %s", e.Key(), e.Status)
		}
		ids[e.MessageID] = true
	}
	if len(ids) != 2 {
		t.Errorf("the two entries have %d ids\n%s", len(ids), &out)
	}
}

// post sends a message past Herald.
func post(t *testing.T, url, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v24.0/17841405822304914/messages", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
}

// doubtful makes a record in which the messages are in doubt.
func doubtful(t *testing.T, dir string, began time.Time, names ...string) {
	t.Helper()
	session, err := filestore.New(dir, filestore.Options{}).Lock(t.Context(), state.Holder{Operation: "test"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	record := state.NewRecord("by-hand")
	for _, name := range names {
		record.Put(state.Entry{
			Addr: addr.Block{Kind: addr.Message, Name: name}.Only(), Revision: 1,
			Account: "17841405822304914", Recipient: "6101234567890123", Status: state.Intent,
			Fingerprint: content.Fingerprint("17841405822304914", "6101234567890123", content.Content{Kind: content.Text, Value: "Hi"}),
			Change:      1, PlanID: "sha256:" + strings.Repeat("0", 64), Attempts: 1,
			FirstIntendedAt: began.UTC(), IntendedAt: began.UTC(), DoubtAt: began.UTC(),
		})
	}
	if err := session.Snapshot(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	if err := session.Unlock(); err != nil {
		t.Fatal(err)
	}
}
