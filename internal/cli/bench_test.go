package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"herald/internal/cli"
)

// blocks writes a configuration of n five-line messages to n people.
func blocks(n int) []byte {
	var b bytes.Buffer
	b.WriteString("account \"shop\" {\n  ig_id = \"17841405822304914\"\n  limits {\n    messages = 1000000\n  }\n}\n\n")
	for i := range n {
		fmt.Fprintf(&b, "message \"m%d\" {\n  recipient = \"61%014d\"\n  text      = \"Hello number %d, your order is on its way.\"\n  revision  = 1\n}\n\n", i, i, i)
	}
	return b.Bytes()
}

// parseAlone is what hcl/v2 needs to parse the file whole and decode every
// block of it.
func parseAlone(b *testing.B, src []byte) {
	var out struct {
		Accounts []struct {
			Name   string `hcl:"name,label"`
			IGID   string `hcl:"ig_id"`
			Limits struct {
				Messages float64 `hcl:"messages"`
			} `hcl:"limits,block"`
		} `hcl:"account,block"`
		Messages []struct {
			Name      string `hcl:"name,label"`
			Recipient string `hcl:"recipient"`
			Text      string `hcl:"text"`
			Revision  int    `hcl:"revision"`
		} `hcl:"message,block"`
	}
	f, diags := hclsyntax.ParseConfig(src, "main.hcl", hcl.InitialPos)
	if diags = append(diags, gohcl.DecodeBody(f.Body, nil, &out)...); diags.HasErrors() {
		b.Fatal(diags)
	}
}

// least returns the least time of n runs.
func least(n int, f func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range n {
		runtime.GC()
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// BenchmarkPlanCommand compares the whole command plan -out over 2,000 blocks,
// from its start to its exit, with what hcl/v2 alone needs for the file: the
// ratio to keep below 1.2.
func BenchmarkPlanCommand(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "herald")
	build := exec.Command("go", "build", "-o", program, "herald")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	src := blocks(2000)
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), src, 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		alone := least(5, func() { parseAlone(b, src) })
		ours := least(5, func() {
			cmd := exec.Command(program, "-chdir="+dir, "plan", "-out=the.plan")
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
		})
		b.ReportMetric(ours.Seconds()/alone.Seconds(), "time/hcl")
	}
}

// BenchmarkPlanning compares plan over 10,000 blocks, as the command does it,
// with hcl/v2 alone (the ratio to keep below 1), and a plan with nothing to do
// with a first one (below 1.3).
func BenchmarkPlanning(b *testing.B) {
	src := blocks(10_000)
	fresh, done := b.TempDir(), b.TempDir()
	for _, dir := range []string{fresh, done} {
		if err := os.WriteFile(filepath.Join(dir, "main.hcl"), src, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	if code := run(b, done, "apply", "-sandbox", "-auto-approve"); code != 0 {
		b.Fatalf("apply exits with %d", code)
	}
	plan := func(dir string, want int) func() {
		return func() {
			if code := run(b, dir, "plan", "-sandbox", "-detailed-exitcode"); code != want {
				b.Fatalf("plan exits with %d, not %d", code, want)
			}
		}
	}
	for b.Loop() {
		before := runtime.GOMAXPROCS(1)
		alone := least(3, func() { parseAlone(b, src) })
		runtime.GOMAXPROCS(before)
		first, nothing := least(3, plan(fresh, 2)), least(3, plan(done, 0))
		b.ReportMetric(first.Seconds()/alone.Seconds(), "time/hcl")
		b.ReportMetric(nothing.Seconds()/first.Seconds(), "nothing/first")
	}
}

// run runs a command in this process and returns its exit code.
func run(b *testing.B, dir string, args ...string) int {
	var errs strings.Builder
	app := &cli.App{
		Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: &errs,
		LookupEnv: func(string) (string, bool) { return "", false },
		Environ:   func() []string { return nil }, Now: time.Now,
	}
	code := app.Run(context.Background(), append([]string{"-chdir=" + dir}, args...))
	if code == 1 {
		b.Log(errs.String())
	}
	return code
}
