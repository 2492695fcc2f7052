package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdLines fails unless the file is lines of JSON, an object each, and there
// is one.
func cmdLines(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "lines FILE")
	if len(linesOf(ts, args[0])) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
}

// cmdLine finds the first line that holds the value at the pointer, and puts
// it into a file.
func cmdLine(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg && len(args) == 3 || !neg && len(args) == 4, "[!] line FILE POINTER VALUE [INTO]")
	for _, line := range linesOf(ts, args[0]) {
		got, ok := lookup(line, args[1])
		if !ok || fmt.Sprint(got) != args[2] {
			continue
		}
		if neg {
			ts.Fatalf("%s has a line with %s at %s", args[0], args[2], args[1])
		}
		content, err := json.Marshal(line)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[3]), content, 0o666))
		return
	}
	if !neg {
		ts.Fatalf("%s has no line with %s at %s", args[0], args[2], args[1])
	}
}

func linesOf(ts *testscript.TestScript, name string) []any {
	var all []any
	for text := range strings.Lines(ts.ReadFile(name)) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			ts.Fatalf("%s: %v: %s", name, err, text)
		}
		all = append(all, line)
	}
	return all
}
