package sandbox

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const minute = time.Minute

func newClient(t testing.TB) *http.Client {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func TestListenOnLoopbackOnly(t *testing.T) {
	s := start(t, Options{})
	for addr, want := range map[string]string{
		":0": "loopback only", "0.0.0.0:0": "loopback only", "[::]:0": "loopback only",
		"192.0.2.1:0": "loopback only", "example.com:80": "loopback only", "127.0.0.1": "missing port",
	} {
		if l, err := Listen(addr, s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", addr, l, err)
		}
	}
	l := serve(t, s)
	if l.URL() != "http://"+l.Addr() || !strings.HasPrefix(l.Addr(), "127.0.0.1:") {
		t.Error(l.URL())
	}
	if _, err := Listen(l.Addr(), s); err == nil {
		t.Error("the same port twice")
	}
}

// Close wakes what hangs and returns when nothing runs any more.
func TestCloseEndsHangingCalls(t *testing.T) {
	s := start(t, Options{Faults: script(t, "post do accept-then-hang\nget do delay 1h")})
	l := serve(t, s)
	client := newClient(t)
	done := make(chan string, 2)
	go func() { done <- wire(t, client, "POST", l.URL()+"/v24.0/me/messages", textBody(ana, "a"), minute) }()
	go func() { done <- wire(t, client, "GET", l.URL()+"/v24.0/me", "", minute) }()
	for len(s.Calls()) < 2 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if got := <-done; got != "no answer" {
			t.Error(got)
		}
	}
	if got := wire(t, client, "GET", l.URL()+"/v24.0/me", "", minute); got != "no answer" {
		t.Error(got)
	}
}

// The log names calls and codes, never a text or a token.
func TestLogHoldsNoTextAndNoToken(t *testing.T) {
	var lines []string
	s := start(t, Options{
		Log:    func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) },
		Faults: script(t, "post nth=2 do accept-then-empty\npost nth=3 do refuse 2"),
	})
	for range 3 {
		post(t, s, textBody(ana, "SECRET"))
	}
	post(t, s, textBody(shop, "SECRET"))
	path := "/v24.0/" + shop + "/messages: "
	want := []string{
		"POST " + path + "fault accept-then-empty",
		"POST " + path + "code 2/0, status 500",
		"POST " + path + "code 100/2534014, status 400",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestControl(t *testing.T) {
	s := start(t, Options{Control: true})
	control := func(method, path, body string) result {
		t.Helper()
		return askAs(t, s, "", method, "/sandbox/"+path, body)
	}
	message := `{"account":"` + shop + `","person":"` + ana + `","text":"hi"}`
	if r := control("POST", "person", message); r.status != 200 || r.body["message_id"] == nil {
		t.Error(r.raw)
	}
	if r := control("POST", "business", message); r.status != 200 || r.body["message_id"] == nil {
		t.Error(r.raw)
	}
	if r := control("POST", "person", `{"account":"x","person":"y","text":"hi"}`); r.status != 400 || r.raw != "no account \"x\"\n" {
		t.Error(r.raw)
	}
	if r := control("POST", "faults", "post nth=1 do refuse 2\n"); r.status != 204 {
		t.Error(r.raw)
	}
	wantError(t, post(t, s, textBody(ana, "a")), 500, 2, 0)
	if r := control("POST", "faults", "explode"); r.status != 400 || !strings.Contains(r.raw, "line 1") {
		t.Error(r.raw)
	}
	mid := sent(t, s, ana, "b")
	if r := control("GET", "accepted", ""); !strings.Contains(r.raw, mid) || !strings.Contains(r.raw, `"kind":"text"`) {
		t.Error(r.raw)
	}
	if r := control("GET", "conversations", ""); !strings.Contains(r.raw, `"by_hand":true`) || !strings.Contains(r.raw, mid) {
		t.Error(r.raw)
	}
	if r := control("GET", "secrets", ""); r.status != 404 {
		t.Error(r.raw)
	}
	wantError(t, askAs(t, start(t, Options{}), "", "GET", "/sandbox/accepted", ""), 400, 2500, 0)
}

// A process that is killed between two answers has every message on disk
// that it answered for.
func TestKilledProcess(t *testing.T) {
	if dir := os.Getenv("SANDBOX_TEST_DIR"); dir != "" {
		serveUntilKilled(dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
	cmd.Env = append(os.Environ(), "SANDBOX_TEST_DIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	if _, err := fmt.Fscanln(out, &url); err != nil {
		t.Fatal(err)
	}
	client := newClient(t)
	var answered atomic.Int64
	done := make(chan map[string]bool, 4)
	for worker := range 4 {
		go func() {
			mine := map[string]bool{}
			for i := 0; ; i++ {
				text := fmt.Sprintf("%d-%d", worker, i)
				if wire(t, client, "POST", url+"/v24.0/"+shop+"/messages", textBody(ana, text), minute) != "200 sent" {
					done <- mine
					return
				}
				mine[text] = true
				answered.Add(1)
			}
		}()
	}
	for answered.Load() < 100 {
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // killed, as intended
	kept := map[string]int{}
	claims := []map[string]bool{<-done, <-done, <-done, <-done}
	for _, c := range reopen(t, dir).Conversations() {
		for _, it := range c.Items {
			kept[it.Text]++
		}
	}
	for _, mine := range claims {
		for text := range mine {
			if kept[text] != 1 {
				t.Errorf("%s was answered and is there %d times", text, kept[text])
			}
		}
	}
}

func serveUntilKilled(dir string) {
	s, err := New(Options{Dir: dir})
	if err == nil {
		var l *Listener
		if l, err = Listen("127.0.0.1:0", s); err == nil {
			fmt.Println(l.URL())
			select {}
		}
	}
	fmt.Println(err)
	os.Exit(1)
}
