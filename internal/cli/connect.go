package cli

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"

	"github.com/hashicorp/go-hclog"

	"herald/apply/instagram"
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

// connect makes the client for a plan's accounts. Every account that something
// is to be sent from must have a token, and an endpoint that may have it.
func (a *App) connect(p *plan.Plan, local bool) (*connection, error) {
	c := &connection{}
	opts := instagram.Options{Allow: instagram.ParseAllow(a.env("HERALD_ENDPOINT_ALLOW")), UserAgent: "herald/" + Version}
	secrets := func() []string { return nil }
	if local {
		if err := c.openSandbox(a.path(filepath.Join(sandboxDir, "instagram"))); err != nil {
			return nil, err
		}
		opts.Tokens, opts.Transport = sandboxTokens(p), c.localTransport()
	} else {
		names, err := accountsInUse(p, opts.Allow)
		if err != nil {
			return nil, err
		}
		tokens, faults := instagram.Environment(a.LookupEnv, names)
		if len(faults) > 0 {
			return nil, errors.Join(faults...)
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

// accountsInUse returns the names of the accounts that the plan sends from. It
// is an error if one of them has an endpoint that no token may go to.
func accountsInUse(p *plan.Plan, allow []string) ([]string, error) {
	used := make(map[string]bool)
	for _, c := range p.Changes {
		if c.Pending() && c.Action != plan.Settle {
			used[c.Account] = true
		}
	}
	var names []string
	var errs []error
	for i := range p.Accounts {
		if account := &p.Accounts[i]; used[account.IGID] {
			names = append(names, account.Name)
			errs = append(errs, instagram.CheckEndpoint(account.Endpoint, allow))
		}
	}
	return names, errors.Join(errs...)
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

func sandboxTokens(p *plan.Plan) instagram.TokenSource {
	t := localTokens{}
	for _, account := range p.Accounts {
		t[account.Name] = account.IGID
	}
	return t
}

// Token returns the token of the account with that name.
func (t localTokens) Token(account string) (instagram.Token, error) {
	return instagram.NewToken("sandbox-" + t[account])
}
