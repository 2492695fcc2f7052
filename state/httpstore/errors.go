package httpstore

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"herald/state"
)

// ask says what was asked of the server, for errors.
type ask int

const (
	askRead ask = iota
	askWrite
	askLock
	askUnlock
)

func (k ask) String() string {
	switch k {
	case askRead:
		return "reading the record"
	case askWrite:
		return "writing the record"
	case askLock:
		return "taking the lock"
	case askUnlock:
		return "giving the lock back"
	}
	return "a request"
}

// statusError is the status of an answer that refuses.
type statusError struct {
	status int
	asked  ask
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s: the server answered %d %s", e.asked, e.status, http.StatusText(e.status)))
}

// at returns the address that was asked, as it may be shown.
func (s *Store) asked(k ask) string {
	switch k {
	case askLock:
		return shown(s.o.LockAddress)
	case askUnlock:
		return shown(s.o.UnlockAddress)
	case askRead, askWrite:
	}
	return s.at
}

const (
	credentials = "They come from HERALD_HTTP_USERNAME and HERALD_HTTP_PASSWORD, or from HERALD_HTTP_HEADERS. "
	notSent     = "What cannot be recorded is not sent."
)

// refused tells of an answer that is no success.
func (s *Store) refused(a *answer, k ask) error {
	problem, advice := s.refusal(a, k)
	return &state.StoreError{
		Store: storeName, Location: s.asked(k), Problem: problem, Advice: advice + notSent,
		Err: &statusError{a.status, k},
	}
}

func (s *Store) refusal(a *answer, k ask) (problem, advice string) {
	switch status := a.status; {
	case status == http.StatusUnauthorized && s.o.Username == "" && s.o.Password == "" && len(s.o.Headers) == 0:
		return "the server wants credentials, and there are none", credentials
	case status == http.StatusUnauthorized:
		return "the server does not accept the credentials", "Look whether they are right, and not expired. " + credentials
	case status == http.StatusProxyAuthRequired:
		return "the proxy that the environment names wants a password", proxyAdvice + " "
	case status == http.StatusForbidden && k == askRead:
		return "the credentials do not allow to read the record", "Give their owner the right to read it. " + credentials
	case status == http.StatusForbidden:
		return "the credentials do not allow to write the record", "Reading is allowed to more people than writing: GitLab wants at least the role of a maintainer, " +
			"and a token with the scope api. " + credentials
	case status == http.StatusNotFound:
		return "the server has nothing there", "Look at the address. Some servers, GitLab among them, answer so to one who may not know whether there is anything. "
	case status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return "the server does not know that method there", "GitLab locks with lock_method = \"POST\" and unlock_method = \"DELETE\"; " +
			"other servers mean the usual LOCK and UNLOCK, or have no lock. See what the server's documentation says. "
	case status == http.StatusRequestEntityTooLarge:
		return "the record is larger than the server allows", "Have the limit raised (in GitLab: the maximum size of a Terraform state file), or move the record " +
			"to PostgreSQL or S3, which write entries one by one:\n\n  herald state migrate\n\n"
	case status == http.StatusUnprocessableEntity, status == http.StatusConflict, status == http.StatusLocked:
		return "the server does not take the record as it is", "GitLab answers so if something else has written there meanwhile, or if the state was deleted " +
			"under that name: look there, and run the command again. "
	case status == http.StatusTooManyRequests:
		return "the server answers no more requests at present", "Wait, and run the command again. "
	case status >= 300 && status < 400:
		to := ""
		if a.redirect != "" {
			to = " to " + a.redirect
		}
		return "the server sends on" + to, "Herald follows no redirect, for the credentials would go along. If the record has moved, give the new address; " +
			"if that is a page to log in at, the credentials are missing. " + credentials
	case status >= 500:
		return "the server failed", "Its own log says why. Wait until it is well, and run the command again: what was recorded before is kept. "
	}
	return "the server refused", "Look at the address, and at what its owner says about such an answer. "
}

// check tells of an answer that claims success and is a web page.
func (s *Store) check(a *answer, k ask) error {
	text := bytes.TrimLeft(a.body, " \t\r\n\ufeff")
	if !strings.Contains(strings.ToLower(a.kind), "html") && !bytes.HasPrefix(text, []byte("<")) || len(text) == 0 {
		return nil
	}
	return &state.StoreError{
		Store: storeName, Location: s.asked(k), Problem: "a web page came instead of the record, perhaps one to log in at",
		Advice: "Something in front of the server wants a login, or the address is that of a page for people: GitLab's begins with https://HOST/api/v4/projects/. " +
			credentials + notSent,
	}
}

// unanswered tells why there was no answer. The address, which url.Error has in
// full, is left out of it.
func (s *Store) unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &unansweredError{ctx.Err()}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	problem, advice := transport(err)
	return &unansweredError{s.problem(problem, advice+" "+notSent, err)}
}

func transport(err error) (problem, advice string) {
	var (
		lookup   *net.DNSError
		timeout  net.Error
		dial     *net.OpError
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		trusting = "If it is that of your own authority, name it in SSL_CERT_FILE; skip_cert_verification = true trusts anybody who answers at that address."
	)
	switch {
	case proxied(err):
		return "the proxy that the environment names lets nothing through", proxyAdvice
	case errors.As(err, &lookup):
		return "the host is not known", "Look at the address, and at the network."
	case errors.As(err, &name):
		return "the server's certificate is for another host", "Look at the address. " + trusting
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired, or is not valid yet", "Have it renewed, and look at this machine's clock."
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &verify):
		return "the server's certificate is not trusted", trusting
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS there", "If it is meant to be reached without, the address begins with http://."
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return "the server did not answer in time", "Look whether it is well, and whether the network lets the answer through."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at that host and port", "Look at the address, and whether the server runs."
	case errors.As(err, &dial) && dial.Op == "dial":
		return "the server cannot be reached", "Look at the address, and at the network."
	}
	return "the connection ended before the answer was complete", "Look whether the server is well, and run the command again."
}

const proxyAdvice = "Look at HTTPS_PROXY and HTTP_PROXY, and whether that proxy runs and wants a password; name the host in NO_PROXY if it is reached without."

// proxied reports whether it is a proxy that could not be reached, or refused.
func proxied(err error) bool {
	var dial *net.OpError
	return errors.As(err, &dial) && dial.Op == "proxyconnect" || err.Error() == http.StatusText(http.StatusProxyAuthRequired)
}

// final reports an error that a repetition would not cure.
func final(err error) bool {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var lookup *net.DNSError
	return errors.As(err, &verify) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &lookup) && lookup.IsNotFound
}

// unsent reports an error that came before anything was sent.
func unsent(err error) bool {
	var dial *net.OpError
	return final(err) || errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect")
}
