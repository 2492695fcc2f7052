package instagram

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"herald/apply/instagram/access"
)

// newTransport returns the transport of a client that was given none.
//
// It speaks HTTP/1.1 only. One connection then carries one call at a time, so
// that a connection which breaks leaves one message in doubt, not all of those
// in flight. Idle connections are closed after a short while: a POST on one
// that the server is just closing would be in doubt as well.
func newTransport(proxy func(*http.Request) (*url.URL, error)) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	t := &http.Transport{
		Protocols:              &protocols,
		Proxy:                  withoutLoopback(proxy),
		DialContext:            dialLine,
		OnProxyConnectResponse: proxyAnswer,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    256,
		IdleConnTimeout:        10 * time.Second,
		DisableCompression:     true, // answers are short, and their size is bounded as read
		MaxResponseHeaderBytes: 64 << 10,
	}
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialTLS(ctx, network, addr, t.TLSClientConfig, t.TLSHandshakeTimeout)
	}
	return t
}

// dialLine connects for http, and to a proxy; net/http speaks TLS through the
// latter by itself, so that here the line is below it.
func dialLine(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &line{Conn: conn}, nil
}

// dialTLS connects for https where there is no proxy between, as net/http
// would, but with the line above TLS.
func dialTLS(ctx context.Context, network, addr string, config *tls.Config, timeout time.Duration) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	config = config.Clone()
	config.ServerName = host
	secure := tls.Client(conn, config)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &line{Conn: secure}, nil
}

// dial connects; a name below localhost is this machine, whatever a name
// server says: a token may go there over http.
func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !access.IsLocalName(host) {
		return dialer.DialContext(ctx, network, addr)
	}
	conn, err := dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	if err == nil {
		return conn, nil
	}
	if conn, err6 := dialer.DialContext(ctx, network, net.JoinHostPort("::1", port)); err6 == nil {
		return conn, nil
	}
	return nil, err
}

// withoutLoopback never asks for a proxy to this machine.
func withoutLoopback(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if access.IsLoopback(r.URL.Hostname()) {
			return nil, nil
		}
		return proxy(r)
	}
}

// proxyAnswer gives the failure of a CONNECT a type of its own; the text that
// net/http would make of it comes from the proxy.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return errProxy
	}
	return nil
}
