package access

import (
	"bytes"
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Redact returns a writer that passes on to w what is written to it, with
// "(token)" in place of every secret, as it is or as JSON, Go or a URL would
// quote it. It is asked for the secrets at each write. A secret that comes in
// several writes is found too: an end that may be the beginning of one is held
// back until the next write, but never an end that is a line break. The writer
// is safe for concurrent use.
func Redact(w io.Writer, secrets func() []string) io.Writer {
	return &redactor{to: w, secrets: secrets}
}

type redactor struct {
	mu      sync.Mutex
	to      io.Writer
	secrets func() []string

	known []string  // the secrets that forms is made from
	forms []string  // what to look for, the longest first
	first [256]bool // the bytes that forms begin with
	held  []byte
}

func (r *redactor) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.learn(r.secrets())
	out, rest := r.replace(append(r.held, p...))
	r.held = append([]byte(nil), rest...)
	if len(out) == 0 {
		return len(p), nil
	}
	if _, err := r.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// replace returns text with its secrets replaced, and the end of it that may
// be the beginning of a secret.
func (r *redactor) replace(text []byte) (out, rest []byte) {
	out = make([]byte, 0, len(text))
	for len(text) > 0 {
		if !r.first[text[0]] {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		found := ""
		for _, form := range r.forms {
			if len(form) > len(text) && strings.HasPrefix(form, string(text)) {
				return out, text
			}
			if found == "" && bytes.HasPrefix(text, []byte(form)) {
				found = form
			}
		}
		if found == "" {
			out, text = append(out, text[0]), text[1:]
			continue
		}
		out, text = append(out, redacted...), text[len(found):]
	}
	return out, nil
}

// learn works out what to look for, where the secrets have changed.
func (r *redactor) learn(secrets []string) {
	secrets = slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return s == "" })
	slices.Sort(secrets)
	if slices.Equal(secrets, r.known) {
		return
	}
	r.known = secrets
	r.forms = nil
	for _, s := range secrets {
		quoted := strconv.Quote(s)
		r.forms = append(r.forms, s, quoted[1:len(quoted)-1], url.QueryEscape(s), url.PathEscape(s))
		if text, err := json.Marshal(s); err == nil {
			r.forms = append(r.forms, string(text[1:len(text)-1]))
		}
	}
	slices.SortFunc(r.forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	r.forms = slices.Compact(r.forms)
	r.first = [256]bool{}
	for _, form := range r.forms {
		r.first[form[0]] = true
	}
}
