package state

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"testing"
)

const entriesMeasured = 100_000

func perEntry(b *testing.B, n int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/entry")
}

func BenchmarkEncode(b *testing.B) {
	r := campaign(entriesMeasured)
	for b.Loop() {
		if err := Encode(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
	perEntry(b, r.Len())
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(encode(b, campaign(entriesMeasured)))
	for b.Loop() {
		if _, err := Decode(bytes.NewReader(text), "r.json"); err != nil {
			b.Fatal(err)
		}
	}
	perEntry(b, entriesMeasured)
}

func BenchmarkNewIndex(b *testing.B) {
	r := campaign(entriesMeasured)
	for b.Loop() {
		NewIndex(r)
	}
	perEntry(b, r.Len())
}

// plainEntry is an entry as encoding/json alone would write it.
type plainEntry Entry

// BenchmarkJSON is what encoding/json needs for the same entries.
func BenchmarkJSON(b *testing.B) {
	var list []plainEntry
	for _, e := range campaign(entriesMeasured).Sorted() {
		list = append(list, plainEntry(*e))
	}
	text, err := json.Marshal(list)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("marshal", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(list); err != nil {
				b.Fatal(err)
			}
		}
		perEntry(b, entriesMeasured)
	})
	b.Run("unmarshal", func(b *testing.B) {
		for b.Loop() {
			var back []plainEntry
			if err := json.Unmarshal(text, &back); err != nil {
				b.Fatal(err)
			}
		}
		perEntry(b, entriesMeasured)
	})
}

// A loaded record holds at most 1 KiB of live heap an entry, the index included.
func TestLiveHeap(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("loads 100,000 entries")
	}
	text := []byte(encode(t, campaign(entriesMeasured)))
	before := liveHeap()
	r, err := Decode(bytes.NewReader(text), "r.json")
	if err != nil {
		t.Fatal(err)
	}
	record := (liveHeap() - before) / entriesMeasured
	x := NewIndex(r)
	index := (liveHeap()-before)/entriesMeasured - record
	t.Logf("%d bytes an entry in the record, %d in the index", record, index)
	if record+index > 1024 {
		t.Errorf("an entry takes %d bytes in the record and %d in the index; at most 1,024 together", record, index)
	}
	runtime.KeepAlive(text)
	runtime.KeepAlive(r)
	runtime.KeepAlive(x)
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
