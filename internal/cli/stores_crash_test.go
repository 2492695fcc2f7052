package cli_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"herald/state/pgstore/pgtest"
	"herald/state/s3store/s3test"
)

var storeSeeds = flag.Int("crash.storeseeds", 1, "how many seeds the crash tests of stores run")

// crashStores keep the record of a campaign elsewhere.
var crashStores = []struct {
	name string
	keep func(t *testing.T, c *campaign, seed int)
}{
	{"postgres", func(t *testing.T, c *campaign, seed int) {
		server := pgtest.Start(t, pgtest.Options{})
		c.herald = "  state \"postgres\" {\n    record = \"spring\"\n  }\n"
		c.env = []string{"HERALD_STATE_POSTGRES_URL=" + server.URL(), "HERALD_STATE_LEASE=1s"}
	}},
	{"s3", func(t *testing.T, c *campaign, seed int) {
		server := s3test.Start(t)
		server.Bucket(t, "records")
		c.herald = s3Block("records", server.URL)
		c.env = append(slices.Clone(s3Environment), "HERALD_STATE_LEASE=2s")
	}},
	{"http", func(t *testing.T, c *campaign, seed int) {
		s := newRecordServer("", "", false)
		t.Cleanup(s.Close)
		s.chance = unreliable(uint64(seed))
		c.herald = httpBlock(s.URL + "/state")
		c.killed = s.unlock
		c.stops = true
	}},
	{"gitlab", func(t *testing.T, c *campaign, seed int) {
		s := newRecordServer("gitlab-ci-token", "job-token", true)
		t.Cleanup(s.Close)
		s.chance = unreliable(uint64(seed) + 100)
		c.herald = fmt.Sprintf("  state \"http\" {\n    address        = %[1]q\n    lock_address   = %[2]q\n    lock_method    = \"POST\"\n    unlock_address = %[2]q\n    unlock_method  = \"DELETE\"\n  }\n", s.URL+"/state", s.URL+"/state/lock")
		c.env = []string{"TF_HTTP_USERNAME=gitlab-ci-token", "TF_HTTP_PASSWORD=job-token"}
		c.killed = s.unlock
		c.stops = true
	}},
}

// s3Environment gives access to the server of s3Block.
var s3Environment = []string{"AWS_ACCESS_KEY_ID=" + s3test.Access, "AWS_SECRET_ACCESS_KEY=" + s3test.Secret, "AWS_EC2_METADATA_DISABLED=true"}

// s3Block keeps the record in a bucket of an S3 server of the tests.
func s3Block(bucket, url string) string {
	return fmt.Sprintf("  state \"s3\" {\n    bucket         = %q\n    key            = \"herald/spring\"\n    region         = %q\n    endpoint       = %q\n    use_path_style = true\n  }\n", bucket, s3test.Region, url)
}

// httpBlock keeps it at an address of a recordServer.
func httpBlock(url string) string {
	return fmt.Sprintf("  state \"http\" {\n    address      = %[1]q\n    lock_address = %[1]q\n  }\n", url)
}

// unreliable is a server that does each of what can go wrong with a call now
// and then: not done, done and answered wrongly, done and not answered, late.
func unreliable(seed uint64) func(kind string) string {
	random := rand.New(rand.NewPCG(seed, 2))
	faults := []string{"drop", "500", "fail", "lose", "slow"}
	return func(kind string) string {
		if random.IntN(100) >= 15 {
			return ""
		}
		return faults[random.IntN(len(faults))]
	}
}

// TestKilledOnVanishingMachines is the campaign that is killed again and again,
// with a record that is kept elsewhere: nothing of a machine is left for the
// next run, and every message arrives exactly once.
func TestKilledOnVanishingMachines(t *testing.T) {
	most := 10
	if testing.Short() {
		most = 3
	}
	for seed := range *storeSeeds {
		for _, store := range crashStores {
			t.Run(fmt.Sprintf("%s/%d", store.name, seed), func(t *testing.T) {
				c := prepareCampaign(t, 7+seed)
				c.people = 40
				store.keep(t, c, seed)
				c.write()
				c.faults(fmt.Sprintf(lossy, 9+seed))
				c.killUntilDone(most)
			})
		}
	}
}

// killUntilDone applies again and again, and kills what runs, so often at the
// most, until one run comes to its end. Then every message has arrived once.
func (c *campaign) killUntilDone(most int) {
	c.t.Helper()
	kills, stops := 0, 0
	for code := -1; code != 0; {
		limit := time.Second
		if kills >= most {
			limit = 0
		}
		var out string
		switch code, out = c.apply(limit); {
		case code == -1:
			kills++
		case c.stops && (code == 1 || code == 5) && stops < 100:
			stops++ // the store failed, and so it ends before its next message
		case code != 0 && code != 3 && code != 4:
			c.t.Fatalf("exit code %d\n%s", code, out)
		}
		if c.neverTwice(); c.t.Failed() {
			c.t.Fatalf("after %d kills, exit code %d\n%s", kills, code, out)
		}
	}
	if n := c.neverTwice(); n != c.people*crashBlocks {
		c.t.Errorf("%d messages arrived, not %d", n, c.people*crashBlocks)
	}
	c.t.Logf("%d kills, %d stops because of the store", kills, stops)
}
