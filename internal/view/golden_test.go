package view

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what write writes with testdata/name.
func golden(t *testing.T, name string, write func(w io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s differs (-want +got); look at it, and run the test with -update if it is right:\n%s", name, diff)
	}
}

var sheets = []struct {
	suffix string
	opts   TextOptions
}{
	{".txt", TextOptions{Width: 80}},
	{".color.txt", TextOptions{Width: 80, Color: true}},
}

func TestPlanText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "plan"+s.suffix, func(w io.Writer) error { return PlanText(w, NewPlanDoc(samplePlan(), PlanOptions{}), s.opts) })
	}
}

func TestRunText(t *testing.T) {
	for _, s := range sheets {
		golden(t, "run"+s.suffix, func(w io.Writer) error { return RunText(w, NewRunDoc(sampleReport()), s.opts) })
	}
}
