package apply_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"herald/apply"
	"herald/apply/instagram"
	"herald/apply/instagram/access"
	"herald/config/addr"
	"herald/config/content"
	"herald/plan"
	"herald/state"
	"herald/state/filestore"
)

const (
	account  = "17841405822304914"
	parallel = 64
)

// graph is the least that can stand for the Graph API: it reads a request and
// answers it after a time.
func graph(latency time.Duration) http.Handler {
	var minted atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var sent struct {
			Recipient struct {
				ID string `json:"id"`
			} `json:"recipient"`
		}
		json.NewDecoder(r.Body).Decode(&sent)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodGet {
			fmt.Fprintf(w, `{"user_id":%q,"username":"shop"}`, account)
			return
		}
		if latency > 0 {
			time.Sleep(latency)
		}
		fmt.Fprintf(w, `{"recipient_id":%q,"message_id":"aWdfZG1faXRlbToxOklHTWVzc2FnZAID%0134d"}`, sent.Recipient.ID, minted.Add(1))
	})
}

// transport is the bare client's; Herald's client has one of its own, which
// sends headers and body in one write, as net/http does for the bare client.
func transport() *http.Transport {
	return &http.Transport{MaxIdleConns: 2 * parallel, MaxIdleConnsPerHost: 2 * parallel}
}

// bare sends n messages and records nothing.
func bare(tb testing.TB, url string, via http.RoundTripper, n int) time.Duration {
	tb.Helper()
	return together(tb, n, func(i int64) error { return bareSend(url, via, i) })
}

// unrecorded sends n messages with Herald's client and records nothing.
func unrecorded(tb testing.TB, url string, n int) time.Duration {
	tb.Helper()
	client, shop := newClient(tb), sender(url)
	defer client.Close()
	return together(tb, n, func(i int64) error {
		o := client.Do(context.Background(), &shop, apply.Call{Verb: apply.SendMessage, Recipient: fmt.Sprint(i), Content: greeting(i)})
		if o.Class != apply.Accepted {
			return fmt.Errorf("%s: %s", o.Class, o.Reason)
		}
		return nil
	})
}

// together makes n calls, as many at once as an apply does.
func together(tb testing.TB, n int, call func(i int64) error) time.Duration {
	tb.Helper()
	var next atomic.Int64
	var wait sync.WaitGroup
	began := time.Now()
	for range parallel {
		wait.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := call(i); err != nil {
					tb.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return time.Since(began)
}

func bareSend(url string, via http.RoundTripper, i int64) error {
	body, err := json.Marshal(map[string]any{
		"recipient": map[string]string{"id": fmt.Sprint(i)}, "message": map[string]string{"text": greeting(i).Value},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/v24.0/"+account+"/messages", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer token-of-the-benchmark")
	resp, err := via.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		MessageID string `json:"message_id"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.MessageID == "" {
		return errors.New("no message_id")
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// recorded applies a plan of n messages with a record on disk, and returns how
// long the apply took, its last snapshot included.
func recorded(tb testing.TB, url string, n int) time.Duration {
	tb.Helper()
	client := newClient(tb)
	defer client.Close()
	session, err := filestore.New(tb.TempDir(), filestore.Options{}).Lock(context.Background(), state.Holder{Operation: "apply"}, 0)
	must(tb, err)
	defer func() { must(tb, session.Unlock()) }()
	p := &plan.Plan{ID: "sha256:benchmark", Accounts: []plan.Account{sender(url)}}
	block := addr.Block{Kind: addr.Message, Name: "campaign"}
	for i := range n {
		c := &plan.Change{
			Addr: block.Each(fmt.Sprint(i)), Revision: 1, Action: plan.Send, Account: account, Recipient: fmt.Sprint(i),
			Content: greeting(int64(i)),
		}
		c.Fingerprint = content.Fingerprint(c.Account, c.Recipient, c.Content)
		p.Changes = append(p.Changes, c)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)) // as the program does
	began := time.Now()
	rep, diags := apply.Run{Plan: p, Session: session, Client: client, Parallelism: parallel, NewRecord: true}.Do(context.Background())
	took := time.Since(began)
	if rep.ExitCode() != 0 || rep.Posts != n {
		tb.Fatalf("exit code %d, %d posts: %v", rep.ExitCode(), rep.Posts, diags)
	}
	return took
}

func newClient(tb testing.TB) *instagram.Client {
	tb.Helper()
	token, err := access.NewToken("token-of-the-benchmark")
	must(tb, err)
	client, err := instagram.New(instagram.Options{Tokens: access.Static(token)})
	must(tb, err)
	return client
}

// sender is an account without a limit of its own.
func sender(url string) plan.Account {
	return plan.Account{
		Name: "shop", IGID: account, Endpoint: url, APIVersion: "v24.0", Rates: plan.Rates{Messages: 1e9, Media: 1e9, Reads: 1e9},
	}
}

func greeting(i int64) content.Content {
	return content.Content{Kind: content.Text, Value: fmt.Sprintf("Hello %d, your order is on its way.", i)}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// speeds are sends a second: of an apply, of a client that records nothing, and
// of Herald's own client without a record, which tells what the record costs.
type speeds struct{ apply, bare, client float64 }

// compare sends n messages in each of the three ways, in turns.
func compare(tb testing.TB, latency time.Duration, rounds, n int) speeds {
	tb.Helper()
	srv := httptest.NewServer(graph(latency))
	defer srv.Close()
	via := transport()
	defer via.CloseIdleConnections()
	ways := [...]func(n int) time.Duration{
		func(n int) time.Duration { return recorded(tb, srv.URL, n) },
		func(n int) time.Duration { return bare(tb, srv.URL, via, n) },
		func(n int) time.Duration { return unrecorded(tb, srv.URL, n) },
	}
	for _, way := range ways {
		way(n / 20)
	}
	var took [len(ways)]time.Duration
	for range rounds {
		for i, way := range ways {
			took[i] += way(n)
		}
	}
	perSecond := func(i int) float64 { return float64(rounds*n) / took[i].Seconds() }
	return speeds{perSecond(0), perSecond(1), perSecond(2)}
}

// BenchmarkApplyOverLoopback compares an apply, both appends of each message
// durable, with a client that records nothing, in one run: "ratio" is what is
// left of its sends a second. It is to be 0.5 at least, and 0.85 where each
// answer takes 20 ms.
func BenchmarkApplyOverLoopback(b *testing.B) {
	for _, tc := range []struct {
		name    string
		latency time.Duration
		n       int
	}{{"at once", 0, 20_000}, {"20 ms", 20 * time.Millisecond, 10_000}} {
		b.Run(tc.name, func(b *testing.B) {
			s := compare(b, tc.latency, b.N, tc.n)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(s.apply, "sends/s")
			b.ReportMetric(s.bare, "bare/s")
			b.ReportMetric(s.apply/s.bare, "ratio")
			b.ReportMetric(s.apply/s.client, "ratio-to-own-client")
		})
	}
}

func TestApplyOverLoopback(t *testing.T) {
	s := compare(t, 0, 1, 400)
	t.Logf("%.0f sends a second with a record, %.0f without, %.0f by Herald's client alone", s.apply, s.bare, s.client)
}
