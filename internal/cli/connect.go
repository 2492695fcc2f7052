package cli

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/hashicorp/go-hclog"

	"herald/apply/instagram"
	"herald/apply/instagram/access"
	"herald/internal/sandbox"
	"herald/plan"
)

// connection is what an apply sends through.
type connection struct {
	*instagram.Client
	log     hclog.Logger
	sandbox *sandbox.Server // nil without -sandbox
	closers []io.Closer
}

// close frees what the connection holds.
func (c *connection) close() error {
	var errs []error
	for i := len(c.closers) - 1; i >= 0; i-- {
		errs = append(errs, c.closers[i].Close())
	}
	return errors.Join(errs...)
}

// link is what a connection is wanted for.
type link struct {
	plan *plan.Plan
	// configured are the names of all accounts of the configuration, where
	// there is one beside the plan: HERALD_TOKEN is for the only account.
	configured []string
	local      bool // to the local Instagram within this process
	silent     bool // nobody is called
}

// connect makes the client for a plan's accounts. Every account that something
// is to be sent from must have an endpoint that may have its token, and a token
// unless nobody is called.
func (a *App) connect(l link) (*connection, error) {
	c := &connection{}
	opts := instagram.Options{Allow: access.ParseAllow(a.env("HERALD_ENDPOINT_ALLOW")), UserAgent: "herald/" + Version}
	secrets := func() []string { return nil }
	if l.local {
		if err := c.openSandbox(a.path(filepath.Join(sandboxDir, "instagram"))); err != nil {
			return nil, err
		}
		opts.Tokens, opts.Transport = sandboxTokens(l.plan), c.localTransport()
	} else {
		tokens, err := a.tokens(l, opts.Allow)
		if err != nil {
			return nil, err
		}
		opts.Tokens, secrets = tokens, tokens.Secrets
	}
	log, closer, diags := a.logger(secrets)
	if diags.HasErrors() {
		return nil, errors.Join(diags, c.close())
	}
	c.closers = append(c.closers, closer)
	c.log, opts.Log = log, log.Named("instagram")
	client, err := instagram.New(opts)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	c.Client = client
	return c, nil
}

// tokens finds the tokens of the accounts that the plan calls Instagram for.
// It is an error if one of them has none, or an endpoint that no token may go
// to. Where nobody is called no token is asked for.
func (a *App) tokens(l link, allow []string) (*access.Tokens, error) {
	p, configured := l.plan, l.configured
	calls := make(map[string]bool)
	for c := range p.Pending() {
		calls[c.Account] = true
	}
	var errs []error
	used := make(map[string]bool)
	names := slices.Clone(configured)
	for i := range p.Accounts {
		account := &p.Accounts[i]
		if !slices.Contains(names, account.Name) {
			names = append(names, account.Name)
		}
		if calls[account.IGID] {
			used[account.Name] = true
			errs = append(errs, access.CheckEndpoint(account.Endpoint, allow))
		}
	}
	if l.silent || len(calls) == 0 {
		tokens, _ := access.Environment(func(string) (string, bool) { return "", false }, nil)
		return tokens, errors.Join(errs...)
	}
	tokens, faults := access.Environment(a.LookupEnv, names)
	for _, fault := range faults {
		var token *access.TokenError
		if !errors.As(fault, &token) || used[token.Account] {
			errs = append(errs, fault)
		}
	}
	return tokens, errors.Join(errs...)
}

// openSandbox opens the local Instagram whose inbox is in dir.
func (c *connection) openSandbox(dir string) error {
	server, err := sandbox.New(sandbox.Options{Dir: dir})
	if err != nil {
		return err
	}
	c.sandbox, c.closers = server, append(c.closers, server)
	return nil
}

// localTransport connects every host to the local Instagram, within this
// process.
func (c *connection) localTransport() http.RoundTripper {
	listener := newPipeListener()
	server := &http.Server{Handler: c.sandbox, ReadHeaderTimeout: readHeaderTimeout}
	go func() { _ = server.Serve(listener) }()
	c.closers = append(c.closers, server)
	transport := &http.Transport{DialContext: listener.dial, MaxIdleConnsPerHost: 128}
	c.closers = append(c.closers, closerFunc(func() error {
		transport.CloseIdleConnections()
		return nil
	}))
	return transport
}

type closerFunc func() error

// Close calls the function.
func (f closerFunc) Close() error { return f() }

// localTokens are tokens as the local Instagram takes them: each says whose it
// is.
type localTokens map[string]string

func sandboxTokens(p *plan.Plan) access.TokenSource {
	t := localTokens{}
	for _, account := range p.Accounts {
		t[account.Name] = account.IGID
	}
	return t
}

// Token returns the token of the account with that name.
func (t localTokens) Token(account string) (access.Token, error) {
	return access.NewToken("sandbox-" + t[account])
}
