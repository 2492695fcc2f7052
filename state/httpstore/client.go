package httpstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"herald/state"
)

const (
	storeName = "http"
	maxBody   = 512 << 20 // bytes of a stored document
	readTries = 5
)

// newClient returns the client that the options describe, or what is wrong
// with them.
func (s *Store) newClient() (*http.Client, error) {
	for _, a := range []struct{ name, address string }{
		{"address", s.o.Address}, {"lock_address", s.o.LockAddress}, {"unlock_address", s.o.UnlockAddress},
	} {
		u, err := url.Parse(a.address)
		switch {
		case a.address == "" && a.name != "address":
		case a.address == "":
			return nil, s.problem("there is no address", "Give it in the state block, or in HERALD_HTTP_ADDRESS:\n\n  address = \"https://host/path\"", nil)
		case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
			return nil, s.problem(a.name+" is not an address of the web", "It is written with its scheme and host, as in https://host/path.", nil)
		}
	}
	if s.o.HTTPClient != nil {
		c := *s.o.HTTPClient
		c.CheckRedirect = noRedirect
		return &c, nil
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: s.o.SkipCertVerification} //nolint:gosec // asked for by name
	if s.o.CACertificates != "" {
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM([]byte(s.o.CACertificates)) {
			return nil, s.problem("the certificates to trust hold none", "They are given as PEM, with BEGIN CERTIFICATE in their first line.", nil)
		}
	}
	if s.o.ClientCertificate != "" || s.o.ClientKey != "" {
		pair, err := tls.X509KeyPair([]byte(s.o.ClientCertificate), []byte(s.o.ClientKey))
		if err != nil {
			return nil, s.problem("the client's certificate and key cannot be used", "Both are given as PEM, and belong together.", err)
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{Transport: t, CheckRedirect: noRedirect}, nil
}

// noRedirect hands the redirect itself back: what is sent, headers with
// credentials among it, goes to the address that was given, and nowhere else.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// request is one call of the protocol.
type request struct {
	method, address string
	id              string // of the lock, for the query; "" for none
	body            []byte
	limit           int64 // bytes of the answer
}

// answer is what the server said.
type answer struct {
	status   int
	body     []byte
	kind     string // of content
	redirect string // where it sends on to, as it may be shown
	after    time.Duration
}

func (a *answer) ok() bool { return a.status >= 200 && a.status < 300 }

// unansweredError says that a request got no whole answer: what it asked for
// may have been done.
type unansweredError struct{ err error }

func (e *unansweredError) Error() string { return e.err.Error() }
func (e *unansweredError) Unwrap() error { return e.err }

// do makes one request, once.
func (s *Store) do(ctx context.Context, q request) (*answer, error) {
	if s.bad != nil {
		return nil, s.bad
	}
	timed, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := s.build(timed, q)
	if err != nil {
		return nil, err
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, s.unanswered(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	a := &answer{status: res.StatusCode, kind: res.Header.Get("Content-Type")}
	if to, err := res.Location(); err == nil {
		a.redirect = shown(to.String())
	}
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
		a.after = time.Duration(min(n, 60)) * time.Second
	}
	a.body, err = io.ReadAll(io.LimitReader(res.Body, q.limit+1))
	if err != nil {
		return nil, s.unanswered(ctx, err)
	}
	if int64(len(a.body)) > q.limit {
		return nil, s.problem(fmt.Sprintf("the server answered with more than %d bytes", q.limit),
			"That is no record of Herald. Look at what is at the address. "+notSent, nil)
	}
	return a, nil
}

func (s *Store) build(ctx context.Context, q request) (*http.Request, error) {
	u, err := url.Parse(q.address)
	if err != nil {
		return nil, s.problem("the address cannot be read", "It is written as in https://host/path.", nil)
	}
	if q.id != "" {
		query := u.Query()
		query.Set("ID", q.id)
		u.RawQuery = query.Encode()
	}
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, u.String(), body)
	if err != nil {
		return nil, s.problem(fmt.Sprintf("%q is no method of HTTP", q.method), "A method is a word in capitals, as in POST.", nil)
	}
	req.Header.Set("User-Agent", "herald")
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range s.o.Headers {
		req.Header.Set(name, value)
	}
	if s.o.Username != "" || s.o.Password != "" {
		req.SetBasicAuth(s.o.Username, s.o.Password)
	}
	return req, nil
}

// sleep waits, or returns the error of a context that ends before.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read returns the stored document. Only readings are repeated.
func (s *Store) read(ctx context.Context) ([]byte, error) {
	begun := time.Now()
	for try, pause := 1, s.o.Pause; ; try, pause = try+1, 2*pause {
		more := try < readTries && time.Since(begun) < s.o.Timeout
		a, err := s.do(ctx, request{method: http.MethodGet, address: s.o.Address, limit: maxBody})
		var open *unansweredError
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case more && errors.As(err, &open) && !final(err),
			more && err == nil && (a.status >= 500 || a.status == http.StatusTooManyRequests):
			if a != nil {
				pause = max(pause, a.after)
			}
			if err := sleep(ctx, pause); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, err
		case a.status == http.StatusNotFound, a.status == http.StatusNoContent:
			return nil, fmt.Errorf("%s: %w: the server answered %d", s.at, state.ErrNoRecord, a.status)
		case !a.ok():
			return nil, s.refused(a, askRead)
		case len(strings.TrimSpace(string(a.body[:min(len(a.body), 16)]))) == 0 && len(a.body) < 16:
			return nil, fmt.Errorf("%s: %w: the server answered with nothing", s.at, state.ErrNoRecord)
		}
		if err := s.check(a, askRead); err != nil {
			return nil, err
		}
		return a.body, nil
	}
}
