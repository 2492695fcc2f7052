package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"herald/state/pgstore/pgtest"
)

// stateServer speaks Terraform's HTTP protocol for one record: whoever has the
// lock may write, and nobody notices when its holder is gone.
type stateServer struct {
	mu     sync.Mutex
	stored []byte
	lock   []byte
}

func (s *stateServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller is gone, and has not said all
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var holder struct{ ID string }
	if s.lock != nil {
		_ = json.Unmarshal(s.lock, &holder) // it is what LOCK took
	}
	switch {
	case r.Method == http.MethodGet && s.stored == nil:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		_, _ = w.Write(s.stored)
	case r.Method == "LOCK" && s.lock != nil:
		w.WriteHeader(http.StatusLocked)
		_, _ = w.Write(s.lock)
	case r.Method == "LOCK":
		s.lock = body
	case r.Method == "UNLOCK":
		s.lock = nil
	case r.Method == http.MethodPost && (s.lock == nil || r.URL.Query().Get("ID") != holder.ID):
		w.WriteHeader(http.StatusConflict)
	case r.Method == http.MethodPost:
		s.stored = body
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// unlock takes the lock away, as a person does whose run is gone.
func (s *stateServer) unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lock = nil
}

// crashStores keep the record of a campaign elsewhere.
var crashStores = []struct {
	name string
	keep func(t *testing.T, c *campaign)
}{
	{"postgres", func(t *testing.T, c *campaign) {
		server := pgtest.Start(t, pgtest.Options{})
		c.herald = "  state \"postgres\" {\n    record = \"spring\"\n  }\n"
		c.env = []string{"HERALD_STATE_POSTGRES_URL=" + server.URL(), "HERALD_STATE_LEASE=1s"}
	}},
	{"s3", func(t *testing.T, c *campaign) {
		backend := s3mem.New()
		if err := backend.CreateBucket("records"); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server())
		t.Cleanup(server.Close)
		c.herald = fmt.Sprintf("  state \"s3\" {\n    bucket         = \"records\"\n    key            = \"herald/spring\"\n    region         = \"eu-central-1\"\n    endpoint       = %q\n    use_path_style = true\n  }\n", server.URL)
		c.env = []string{"AWS_ACCESS_KEY_ID=herald", "AWS_SECRET_ACCESS_KEY=secret", "AWS_EC2_METADATA_DISABLED=true", "HERALD_STATE_LEASE=2s"}
	}},
	{"http", func(t *testing.T, c *campaign) {
		s := &stateServer{}
		server := httptest.NewServer(s)
		t.Cleanup(server.Close)
		c.herald = fmt.Sprintf("  state \"http\" {\n    address        = %[1]q\n    lock_address   = %[1]q\n    unlock_address = %[1]q\n  }\n", server.URL+"/state")
		c.killed = s.unlock
	}},
}

// TestKilledOnVanishingMachines is the campaign that is killed again and again,
// with a record that is kept elsewhere: nothing of a machine is left for the
// next run, and every message arrives exactly once.
func TestKilledOnVanishingMachines(t *testing.T) {
	most := 10
	if testing.Short() {
		most = 3
	}
	for _, store := range crashStores {
		t.Run(store.name, func(t *testing.T) {
			c := prepareCampaign(t, 7)
			c.people = 40
			store.keep(t, c)
			c.write()
			c.faults(fmt.Sprintf(lossy, 9))
			kills := 0
			for code := -1; code != 0; {
				limit := time.Second
				if kills >= most {
					limit = 0
				}
				var out string
				if code, out = c.apply(limit); code == -1 {
					kills++
				} else if code != 0 && code != 4 && code != 3 {
					t.Fatalf("exit code %d\n%s", code, out)
				}
				if c.neverTwice(); t.Failed() {
					t.Fatalf("after %d kills, exit code %d\n%s", kills, code, out)
				}
			}
			if n := c.neverTwice(); n != c.people*crashBlocks {
				t.Errorf("%d messages arrived, not %d", n, c.people*crashBlocks)
			}
			t.Logf("%d kills", kills)
		})
	}
}
