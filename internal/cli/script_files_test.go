package cli_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

func cmdSays(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2, "[!] says FILE TEXT")
	has := strings.Contains(unwrapped(ts.ReadFile(args[0])), unwrapped(args[1]))
	switch {
	case neg && has:
		ts.Fatalf("%s says %q", args[0], args[1])
	case !neg && !has:
		ts.Fatalf("%s does not say %q", args[0], args[1])
	}
}

// cmdPlain fails for every character that a terminal would act upon, or that
// changes the order or the look of others. The sign that an emoji is one is
// no such thing, and neither is what joins two of them.
func cmdPlain(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 0, "plain FILE...")
	for _, name := range args {
		for i, r := range ts.ReadFile(name) {
			switch {
			case r == '\n', r == '\ufe0f', r == '\u200d':
			case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
				ts.Fatalf("%s holds %U at byte %d", name, r, i)
			}
		}
	}
}

func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3, "[!] json FILE POINTER VALUE")
	var doc, want any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc); err != nil {
		ts.Fatalf("%s is no JSON document: %v", args[0], err)
	}
	got, ok := lookup(doc, args[1])
	if _, text := got.(string); text || json.Unmarshal([]byte(args[2]), &want) != nil {
		want = args[2] // a string is written as it is
	}
	same := ok && reflect.DeepEqual(got, want)
	switch {
	case neg && same:
		ts.Fatalf("%s is %v", args[1], got)
	case !neg && !ok:
		ts.Fatalf("there is nothing at %s", args[1])
	case !neg && !same:
		ts.Fatalf("%s (-want +got):\n%s", args[1], cmp.Diff(want, got))
	}
}

func cmdGet(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "get NAME FILE POINTER")
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &doc))
	got, ok := lookup(doc, args[2])
	if !ok {
		ts.Fatalf("there is nothing at %s", args[2])
	}
	ts.Setenv(args[0], fmt.Sprint(got))
}

// lookup follows a JSON pointer. Beside names and numbers a step may be
// key=value: the first element of a list that has it.
func lookup(doc any, pointer string) (any, bool) {
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch v := doc.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return nil, false
			}
			doc = next
		case []any:
			i, err := strconv.Atoi(step)
			if key, value, ok := strings.Cut(step, "="); ok {
				i, err = slices.IndexFunc(v, func(e any) bool {
					m, _ := e.(map[string]any)
					return fmt.Sprint(m[key]) == value
				}), nil
			}
			if err != nil || i < 0 || i >= len(v) {
				return nil, false
			}
			doc = v[i]
		default:
			return nil, false
		}
	}
	return doc, true
}

func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) > 0, "expand FILE...")
	for _, name := range args {
		expand(ts, ts.MkAbs(name))
	}
}

func expand(ts *testscript.TestScript, path string) {
	text, err := os.ReadFile(path)
	ts.Check(err)
	for _, name := range []string{"URL", "DEAD", "WORK", "SECRET", "RECORDS", "SCHEMA", "S3"} {
		text = bytes.ReplaceAll(text, []byte("$"+name), []byte(ts.Getenv(name)))
	}
	ts.Check(os.WriteFile(path, text, 0o666))
}

func cmdEdit(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "edit FILE OLD NEW")
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o666))
}

func cmdCut(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "cut FILE N")
	text := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text[:len(text)-number(ts, args[1])]), 0o666))
}

// cmdDropline takes out the first line that holds a text.
func cmdDropline(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "dropline FILE TEXT")
	var kept strings.Builder
	dropped := false
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if !dropped && strings.Contains(line, args[1]) {
			dropped = true
			continue
		}
		kept.WriteString(line)
	}
	if !dropped {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(kept.String()), 0o666))
}

func cmdAppend(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "append FILE TEXT")
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+args[1]), 0o666))
}

func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "mode FILE PERM")
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, not %s", args[0], got, args[1])
	}
}

func cmdListing(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "listing NAME")
	stageOf(ts).listings[args[0]] = listing(ts)
}

func cmdUnchanged(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "unchanged NAME")
	if diff := cmp.Diff(stageOf(ts).listings[args[0]], listing(ts)); diff != "" {
		ts.Fatalf("files have changed (-then +now):\n%s", diff)
	}
}

// listing has a line for each file below the script's folder: its mode, its
// time, its content. Who takes a lock writes into its file, so that one is
// left out, and a folder's time with it.
func listing(ts *testscript.TestScript) []string {
	var lines []string
	root := ts.MkAbs(".")
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		info, err := d.Info()
		if err != nil || strings.HasSuffix(name, ".lock") {
			return err
		}
		line := fmt.Sprintf("%s %s", name, info.Mode())
		if d.Type().IsRegular() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %x %s", sha256.Sum256(content), info.ModTime())
		}
		lines = append(lines, line)
		return nil
	}))
	return lines
}

func cmdNowhere(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "nowhere TEXT PATH...")
	for _, name := range args[1:] {
		if name == "stdout" || name == "stderr" {
			if strings.Contains(ts.ReadFile(name), args[0]) {
				ts.Fatalf("%s holds %q", name, args[0])
			}
			continue
		}
		ts.Check(filepath.WalkDir(ts.MkAbs(name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if bytes.Contains(content, []byte(args[0])) {
				ts.Fatalf("%s holds %q", path, args[0])
			}
			return err
		}))
	}
}
