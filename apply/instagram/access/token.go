package access

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// redacted is what is seen of a token wherever one is printed.
const redacted = "(token)"

// maxToken is the longest token that is taken, in bytes; Meta's have about 200.
const maxToken = 8 << 10

// Token is an access token that does not print: every verb of fmt, JSON, slog
// and hclog show "(token)". The secret stands in a closure, so that it stays
// hidden where a Token is an unexported field, which fmt prints without asking
// its methods. The zero Token is none.
type Token struct{ secret func() string }

// NewToken returns the token, or an error that says what is wrong with it
// without quoting it: it is empty, too long, or holds something other than
// printable ASCII without spaces.
func NewToken(secret string) (Token, error) {
	if why := tokenFault(secret); why != "" {
		return Token{}, fmt.Errorf("the token %s", why)
	}
	return Token{secret: func() string { return secret }}, nil
}

// tokenFault says what is wrong with a token, as the end of a sentence; it is
// empty for a good one.
func tokenFault(secret string) string {
	switch {
	case secret == "":
		return "is empty"
	case len(secret) > maxToken:
		return fmt.Sprintf("is longer than %d bytes", maxToken)
	case strings.HasPrefix(strings.ToLower(secret), "bearer "):
		return `begins with the word "Bearer": give the token alone`
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "holds a space, a line break or another character that no token has"
	case strings.ContainsAny(secret, "\"'"):
		return "holds a quotation mark: give the token alone"
	}
	return ""
}

// IsZero reports whether t is no token.
func (t Token) IsZero() bool { return t.secret == nil }

// Reveal returns the secret itself, for the one header that it goes into and for
// looking whether it stands where it must not; nothing else should call it. Of
// the zero Token there is none to reveal.
func (t Token) Reveal() string { return t.secret() }

// String returns "(token)".
func (t Token) String() string { return redacted }

// GoString returns "(token)".
func (t Token) GoString() string { return redacted }

// Format writes "(token)" for every verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "(token)".
func (t Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "(token)" as a JSON string.
func (t Token) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue makes slog show "(token)".
func (t Token) LogValue() slog.Value { return slog.StringValue(redacted) }

// TokenSource gives the token of an account, by its name in the configuration.
// It is asked before each call, so a source may renew tokens while a run goes
// on. An error stops the account, and nothing of it but a *TokenError is shown.
type TokenSource interface {
	Token(account string) (Token, error)
}

// Static is a TokenSource with one token for every account, as the sandbox
// takes it.
func Static(t Token) TokenSource { return static{t} }

type static struct{ token Token }

// Token returns the one token.
func (s static) Token(account string) (Token, error) {
	if s.token.IsZero() {
		return Token{}, &TokenError{Account: account, Why: "there is none"}
	}
	return s.token, nil
}

// TokenError says why an account has no token. It never holds a token.
type TokenError struct {
	Account string
	// Variable is the environment variable that is at fault, or "" where none
	// is set.
	Variable string
	// Why says what is wrong, as the end of a sentence whose subject is the
	// variable, or the account's token where there is none.
	Why string
	// Remedy is a sentence that says which variable to set; it may be "".
	Remedy string
}

// Error returns one line: the account, what is wrong, what to set.
func (e *TokenError) Error() string {
	subject := "its token"
	if e.Variable != "" {
		subject = e.Variable
	}
	s := fmt.Sprintf("account %q: %s: %s", e.Account, subject, e.Why)
	if e.Remedy != "" {
		s += ". " + e.Remedy
	}
	return s
}
