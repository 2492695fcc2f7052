package instagram

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"herald/apply"
	"herald/apply/instagram/access"
	"herald/config/content"
	"herald/plan"
)

// Options are what a Client is made from. Tokens is needed; the zero value of
// everything else is a useful one.
type Options struct {
	// Tokens gives the accounts' tokens.
	Tokens access.TokenSource
	// Allow lists further hosts that may be given a token: see CheckEndpoint.
	Allow []string
	// Transport makes the requests; nil is one of the client's own. It must
	// not retry a POST or make one of two, and should read a request's body
	// whole before it answers: a success that comes earlier is in doubt.
	Transport http.RoundTripper
	// Proxy chooses the proxy of a request for the client's own transport;
	// nil is http.ProxyFromEnvironment. It is never asked about this machine.
	Proxy func(*http.Request) (*url.URL, error)
	// Log takes one line for each call, at debug level; nil is silent.
	Log hclog.Logger
	// Version is Herald's, for the User-Agent header.
	Version string
	// UserAgent is the whole of that header; "" is "herald/" and Version.
	UserAgent string
	// Timeouts bound a call from dialling to the end of its answer.
	Timeouts Timeouts
	// Now is the clock that log lines take durations from; nil is time.Now.
	Now func() time.Time
}

// Timeouts are how long one call may take; a field that is 0 is its default.
type Timeouts struct {
	Call  time.Duration // text, link, sticker, post, reactions: 30 s
	Media time.Duration // image, audio, video, which Meta fetches first: 90 s
	Read  time.Duration // GET: 15 s
}

// Client is the Graph API's. It implements apply.Client and apply.Reader.
type Client struct {
	tokens    access.TokenSource
	allow     []string
	transport http.RoundTripper
	owned     *http.Transport // nil if the transport was given
	log       hclog.Logger
	userAgent string
	timeouts  Timeouts
	now       func() time.Time
}

var _ apply.Client = (*Client)(nil)

// New returns a client, or an error if it has no tokens or a User-Agent that
// no header can hold.
func New(o Options) (*Client, error) {
	c := &Client{
		tokens: o.Tokens, allow: slices.Clone(o.Allow), transport: o.Transport,
		log: o.Log, userAgent: o.UserAgent, timeouts: o.Timeouts, now: o.Now,
	}
	if c.tokens == nil {
		return nil, errors.New("the client has no tokens")
	}
	if c.userAgent == "" {
		c.userAgent = "herald"
		if o.Version != "" {
			c.userAgent += "/" + o.Version
		}
	}
	if strings.ContainsFunc(c.userAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("the user agent holds a character that no header can hold")
	}
	if c.transport == nil {
		proxy := o.Proxy
		if proxy == nil {
			proxy = http.ProxyFromEnvironment
		}
		c.owned = newTransport(proxy)
		c.transport = c.owned
	}
	if c.log == nil {
		c.log = hclog.NewNullLogger()
	}
	if c.now == nil {
		c.now = time.Now
	}
	orElse(&c.timeouts.Call, 30*time.Second)
	orElse(&c.timeouts.Media, 90*time.Second)
	orElse(&c.timeouts.Read, 15*time.Second)
	return c, nil
}

func orElse(d *time.Duration, standard time.Duration) {
	if *d <= 0 {
		*d = standard
	}
}

// Close closes the idle connections of the client's own transport. A transport
// that was given is left alone.
func (c *Client) Close() {
	if c.owned != nil {
		c.owned.CloseIdleConnections()
	}
}

// Do makes one POST to /<IG_ID>/messages and says what came of it.
func (c *Client) Do(ctx context.Context, account *plan.Account, call apply.Call) apply.Outcome {
	body, err := encode(call)
	if err != nil {
		return invalidCall(err)
	}
	if account == nil || !content.Digits(account.IGID) {
		return invalidAccount("the account's ig_id is not a string of digits")
	}
	about, timeout := aReaction, c.timeouts.Call
	if call.Verb == apply.SendMessage {
		about = aMessage
		if call.Content.Kind.Media() {
			timeout = c.timeouts.Media
		}
	}
	return c.call(ctx, account, path{method: http.MethodPost, at: "/" + account.IGID + "/messages"}, body, timeout, func(r reply) apply.Outcome {
		return readSend(r, about, call.Recipient)
	})
}

// Identity asks whose token the account's is: GET /me?fields=user_id,username.
// Where the answer is no account, the outcome says why. A read may always be
// repeated, also where its outcome is in doubt; net/http repeats one itself if
// an idle connection turns out to be dead.
func (c *Client) Identity(ctx context.Context, account *plan.Account) apply.Identity {
	var id apply.Identity
	fields := url.Values{"fields": {"user_id,username"}}
	id.Outcome = c.get(ctx, account, path{at: "/me", query: fields}, func(r reply) apply.Outcome {
		id = readIdentity(r)
		return id.Outcome
	})
	return id
}

// get makes one GET below the account's endpoint and version; read turns its
// answer, or the lack of one, into an outcome.
func (c *Client) get(ctx context.Context, account *plan.Account, p path, read func(reply) apply.Outcome) apply.Outcome {
	if account == nil {
		return invalidAccount("there is no account")
	}
	p.method = http.MethodGet
	return c.call(ctx, account, p, nil, c.timeouts.Read, read)
}

// path is a method and what it is called on, below the version; most is as in
// request.
type path struct {
	method string
	at     string
	query  url.Values
	most   int64
}

// call makes one request for the account, unless there is no token for it or
// its endpoint may not have one. The rule on endpoints is kept here, for every
// request, whatever the configuration was told.
func (c *Client) call(ctx context.Context, account *plan.Account, p path, body []byte, timeout time.Duration, read func(reply) apply.Outcome) apply.Outcome {
	if !isVersion(account.APIVersion) {
		return invalidAccount("the account's api_version is not of the form v24.0")
	}
	u, err := access.ParseEndpoint(account.Endpoint, c.allow)
	if err != nil {
		return noEndpoint(err)
	}
	u.Path = "/" + account.APIVersion + p.at
	u.RawQuery = p.query.Encode()
	token, err := c.tokens.Token(account.Name)
	if err != nil || token.IsZero() {
		return noToken(err)
	}
	began := c.now()
	r := c.exchange(ctx, token, request{method: p.method, url: u, body: body, timeout: timeout, most: p.most})
	o := read(r)
	r.stamp(&o, token)
	if c.log.IsDebug() {
		c.log.Debug("call", "method", p.method, "host", u.Host, "path", u.Path, "status", r.status,
			"code", o.Code, "subcode", o.Subcode, "trace", o.TraceID, "reason", o.Reason, "duration", c.now().Sub(began))
	}
	return o
}

// isVersion reports whether s is a version of the Graph API: v24.0.
func isVersion(s string) bool {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	return ok && strings.HasPrefix(s, "v") && content.Digits(major) && content.Digits(minor) && len(s) < 10
}
