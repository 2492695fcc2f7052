package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// blocks writes a configuration of n five-line messages.
func blocks(n int) string {
	var b strings.Builder
	b.WriteString("account \"shop\" {\n  ig_id = \"17841405822304914\"\n}\n\n")
	for i := range n {
		fmt.Fprintf(&b, "message \"m%d\" {\n  recipient = \"%d\"\n  text      = \"Hello number %d, your order is on its way.\"\n  revision  = 1\n}\n\n", i, 17841400000000000+i, i)
	}
	return b.String()
}

// floor is what hcl/v2 alone needs: parse the file whole, decode every block.
func floor(tb testing.TB, src []byte) any {
	type message struct {
		Name      string `hcl:"name,label"`
		Recipient string `hcl:"recipient"`
		Text      string `hcl:"text,optional"`
		Revision  int    `hcl:"revision,optional"`
	}
	type account struct {
		Name string `hcl:"name,label"`
		IGID string `hcl:"ig_id"`
	}
	type file struct {
		Accounts []account `hcl:"account,block"`
		Messages []message `hcl:"message,block"`
	}
	f, diags := hclsyntax.ParseConfig(src, "main.hcl", hcl.InitialPos)
	var out file
	diags = append(diags, gohcl.DecodeBody(f.Body, nil, &out)...)
	if diags.HasErrors() {
		tb.Fatal(diags)
	}
	return []any{f, out}
}

// cost is what one run of f takes: its time, the bytes it allocates, and the
// heap that is live behind it while its result is held.
type cost struct {
	time        time.Duration
	alloc, live float64
}

func measure(f func() any) cost {
	var before, after, held runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	v := f()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.ReadMemStats(&held)
	runtime.KeepAlive(v)
	return cost{took, float64(after.TotalAlloc - before.TotalAlloc), float64(held.HeapAlloc) - float64(before.HeapAlloc)}
}

// least runs f several times and keeps the least of each.
func least(n int, f func() any) cost {
	best := measure(f)
	for range n - 1 {
		c := measure(f)
		best.time, best.alloc, best.live = min(best.time, c.time), min(best.alloc, c.alloc), min(best.live, c.live)
	}
	return best
}

// BenchmarkBlocks compares Load and Expand of 10,000 five-line blocks with
// what hcl/v2 alone needs to parse and decode the same file whole on one core.
// time/hcl is the ratio to keep below 1 with planning added, alloc/hcl and
// live/hcl those of all bytes allocated and of those still held.
func BenchmarkBlocks(b *testing.B) {
	src := blocks(10_000)
	dir := write(b, map[string]string{"main.hcl": src})
	for b.Loop() {
		before := runtime.GOMAXPROCS(1)
		hclAlone := least(3, func() any { return floor(b, []byte(src)) })
		runtime.GOMAXPROCS(before)
		ours := least(3, func() any {
			c, diags := Load(dir, Options{})
			w, more := c.Expand(Values{})
			if diags.HasErrors() || more.HasErrors() {
				b.Fatal(diags, more)
			}
			return []any{c, w}
		})
		b.ReportMetric(ours.time.Seconds()/hclAlone.time.Seconds(), "time/hcl")
		b.ReportMetric(ours.alloc/hclAlone.alloc, "alloc/hcl")
		b.ReportMetric(ours.live/hclAlone.live, "live/hcl")
		b.ReportMetric(float64(ours.time.Microseconds())/10_000, "µs/block")
		b.ReportMetric(ours.live/10_000, "live-B/block")
	}
}

// BenchmarkForEach compares 100,000 instances of one for_each over a JSON file
// with 10,000: growth is the ratio to keep below 13.
func BenchmarkForEach(b *testing.B) {
	for _, way := range []struct{ name, hcl, file string }{
		{"jsondecode", "locals {\n  people = jsondecode(file(\"people.json\"))\n}\n", "people.json"},
		{"var-file", "variable \"people\" {\n  type = map(object({ igsid = string, name = string, note = optional(string, \"\") }))\n}\nlocals {\n  people = var.people\n}\n", "people.auto.hclvars.json"},
		{"tomap", "locals {\n  people = tomap(jsondecode(file(\"people.json\")))\n}\n", "people.json"},
	} {
		b.Run(way.name, func(b *testing.B) {
			dirs := map[int]string{}
			for _, n := range []int{10_000, 100_000} {
				dirs[n] = b.TempDir()
				var s strings.Builder
				for i := range n {
					fmt.Fprintf(&s, ",\n\"p%06d\": {\"igsid\": \"%d\", \"name\": \"Person %d\"}", i, 17841400000000000+i, i)
				}
				people := "{" + s.String()[1:] + "}"
				if strings.HasSuffix(way.file, "hclvars.json") {
					people = "{\"people\": " + people + "}"
				}
				main := way.hcl + "account \"shop\" {\n  ig_id = \"17841405822304914\"\n}\nmessage \"m\" {\n  for_each  = local.people\n  recipient = each.value.igsid\n  text      = \"Hi ${each.value.name}\"\n}\n"
				for name, text := range map[string]string{"main.hcl": main, way.file: people} {
					if err := os.WriteFile(filepath.Join(dirs[n], name), []byte(text), 0o600); err != nil {
						b.Fatal(err)
					}
				}
			}
			run := func(n int) cost {
				return least(3, func() any {
					w := expand(b, dirs[n], Values{})
					if len(w.Items) != n {
						b.Fatalf("%d items", len(w.Items))
					}
					return w
				})
			}
			for b.Loop() {
				small, large := run(10_000), run(100_000)
				b.ReportMetric(large.time.Seconds()/small.time.Seconds(), "growth")
				b.ReportMetric(float64(large.time.Microseconds())/100_000, "µs/instance")
			}
		})
	}
}
