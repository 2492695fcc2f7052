package sandbox

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

func TestMessageIDsAreMintedAsOnThePlatform(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	mid := sent(t, s, ana, "hello")
	if n := len(mid); n < 160 || n > 175 {
		t.Errorf("%d characters", n)
	}
	if strings.ContainsAny(mid, "=+/") {
		t.Error(mid)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("ZA", "Z", "ZD", "=").Replace(mid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^ig_dm_item:1:IGMessageID:` + shop + `:\d{39}:\d{35}$`).Match(raw) {
		t.Errorf("%s", raw)
	}
	got, err := decodeMessageID(mid)
	if err != nil || got.account != shop || got.thread != threadNumber(shop, ana) || got.micros != c.now.UnixMicro() {
		t.Errorf("%+v, %v", got, err)
	}
	conv := s.Conversations()[0].ID
	raw, err = base64.StdEncoding.DecodeString(strings.NewReplacer("ZA", "Z", "ZD", "=").Replace(conv))
	if err != nil || string(raw) != "ig_dm:1:IGMessageThread:"+shop+":"+got.thread {
		t.Errorf("%s, %v", raw, err)
	}
}

// Under a clock that stands still, and one that goes backwards, ids stay
// unique and in order.
func TestMessageIDsAreUnique(t *testing.T) {
	c := newClock()
	s := start(t, Options{Clock: c.read})
	last := int64(0)
	for i := range 100 {
		got, err := decodeMessageID(sent(t, s, ana, "same"))
		if err != nil || got.micros <= last {
			t.Fatalf("message %d: %d after %d, %v", i, got.micros, last, err)
		}
		last = got.micros
		if i > 50 {
			c.forward(-time.Second)
		}
	}
}

func TestMessageIDDecodes(t *testing.T) {
	same := func(account uint64, person string, micros int64, low uint64) bool {
		micros &= 1<<52 - 1 // 35 digits last until the year 2141
		a := strings.Repeat("1", int(account%20)+1)
		thread := threadNumber(a, person)
		got, err := decodeMessageID(messageID(a, thread, micros, low))
		return err == nil && got == decodedMessage{a, thread, micros}
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "m_abc", "aWdfZA", encodeID("ig_dm_item:1:IGMessageID:1:2:3")} {
		if _, err := decodeMessageID(bad); err == nil {
			t.Errorf("%q decodes", bad)
		}
	}
}
