package access

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestEndpointsThatMayHaveAToken(t *testing.T) {
	allow := ParseAllow(" graph.example.net, Proxy.Example.org:8443,,10.0.0.5 , xn--bcher-kva.example,2001:db8::1")
	for endpoint, want := range map[string]string{
		"https://graph.instagram.com":     "https://graph.instagram.com",
		"HTTPS://Graph.Instagram.COM":     "https://graph.instagram.com",
		"https://graph.instagram.com:443": "https://graph.instagram.com:443",
		"https://graph.facebook.com":      "https://graph.facebook.com",
		"http://127.0.0.1:8080":           "http://127.0.0.1:8080",
		"http://127.255.0.9":              "http://127.255.0.9",
		"http://[::1]:8080":               "http://[::1]:8080",
		"https://[::1]":                   "https://[::1]",
		"http://[0:0:0:0:0:0:0:1]":        "http://[0:0:0:0:0:0:0:1]",
		"http://localhost":                "http://localhost",
		"http://LocalHost:1":              "http://localhost:1",
		"http://sandbox.localhost":        "http://sandbox.localhost",
		"http://a.b_c.localhost:65535":    "http://a.b_c.localhost:65535",
		"https://graph.example.net":       "https://graph.example.net",
		"https://GRAPH.example.net:9443":  "https://graph.example.net:9443",
		"https://proxy.example.org:8443":  "https://proxy.example.org:8443",
		"https://10.0.0.5":                "https://10.0.0.5",
		"https://xn--bcher-kva.example":   "https://xn--bcher-kva.example",
		"https://[2001:db8::1]:444":       "https://[2001:db8::1]:444",
	} {
		u, err := ParseEndpoint(endpoint, allow)
		if err != nil {
			t.Errorf("%s: %v", endpoint, err)
			continue
		}
		if u.String() != want {
			t.Errorf("%s became %s, want %s", endpoint, u, want)
		}
	}
}

func TestEndpointsThatMayNot(t *testing.T) {
	const (
		scheme    = "begins with neither https:// nor http://"
		user      = "holds a user name or password"
		path      = "has a path, a query or a fragment"
		name      = "has a host that is no name of letters, digits, dots and hyphens"
		port      = "has a port that is no number from 1 to 65535"
		address   = "has something other than an IPv6 address without a zone in brackets"
		plain     = "is http, which would show the token to the network"
		elsewhere = "a token goes only to"
	)
	allow := []string{"graph.example.net", "proxy.example.org:8443", "*.wild.example", "https://url.example"}
	for endpoint, want := range map[string]string{
		"":                                            scheme,
		"graph.instagram.com":                         scheme,
		"//graph.instagram.com":                       scheme,
		"ftp://graph.instagram.com":                   scheme,
		" https://graph.instagram.com":                scheme,
		"https:graph.instagram.com":                   scheme,
		"https:/graph.instagram.com":                  scheme,
		"javascript:https://localhost":                scheme,
		"https://":                                    name,
		"https://:443":                                name,
		"http://graph.instagram.com":                  plain,
		"http://graph.example.net":                    plain,
		"http://proxy.example.org:8443":               plain,
		"https://evil.example":                        elsewhere,
		"http://evil.example":                         elsewhere,
		"https://graph.instagram.com.evil.example":    elsewhere,
		"https://evilgraph.instagram.com":             elsewhere,
		"https://x.graph.instagram.com":               elsewhere,
		"https://instagram.com":                       elsewhere,
		"https://graph.instagram.com:8443":            elsewhere,
		"https://graph.instagram.com:80":              elsewhere,
		"https://proxy.example.org":                   elsewhere,
		"https://proxy.example.org:443":               elsewhere,
		"https://a.wild.example":                      elsewhere,
		"https://url.example":                         elsewhere,
		"https://graph.example.net.evil.example":      elsewhere,
		"https://xn--graph-instagram-com.example":     elsewhere,
		"http://localhost.evil.example":               elsewhere,
		"http://localhostx":                           elsewhere,
		"http://xlocalhost":                           elsewhere,
		"http://2130706433":                           elsewhere, // 127.0.0.1 as one number
		"http://0x7f.1":                               elsewhere,
		"http://0x7f000001":                           elsewhere,
		"http://127.1":                                elsewhere,
		"http://0177.0.0.1":                           elsewhere,
		"http://127.0.0.1.nip.example":                elsewhere,
		"http://0.0.0.0":                              elsewhere,
		"http://169.254.169.254":                      elsewhere,
		"http://[::]":                                 elsewhere,
		"http://[fe80::1]":                            elsewhere,
		"http://[::1%25eth0]":                         address,
		"http://[::1%eth0]":                           address,
		"http://[::ffff:127.0.0.1]":                   address,
		"http://[127.0.0.1]":                          address,
		"http://[localhost]":                          address,
		"http://[::1":                                 "has an address without its closing bracket",
		"http://::1":                                  name,
		"http://[::1]x":                               port,
		"http://localhost:":                           port,
		"http://localhost:0":                          port,
		"http://localhost:080":                        port,
		"http://localhost:65536":                      port,
		"http://localhost:8o":                         port,
		"http://localhost:1:2":                        port,
		"http://localhost:+1":                         port,
		"https://graph.instagram.com.":                name,
		"http://localhost.":                           name,
		"http://.localhost":                           name,
		"http://a..localhost":                         name,
		"http://-a.localhost":                         name,
		"https://graph instagram.com":                 name,
		"https://graph.instagram.com\n":               name,
		"https://graph.instagram.com\x00.evil":        name,
		"https://graph%2einstagram.com":               name,
		"https://gräph.instagram.com":                 name,
		"https://graph。instagram。com":                 name,
		"https://ⓖraph.instagram.com":                 name,
		"http://K\u212a.localhost":                    name, // the sign for kelvin
		"https://graph.instagram.com@evil.example":    user,
		"https://evil.example@graph.instagram.com":    user,
		"https://user:hunter2@graph.instagram.com":    user,
		"https://localhost/@evil.example":             user,
		"https://graph.instagram.com/":                path,
		"https://graph.instagram.com/v24.0":           path,
		"https://graph.instagram.com?x":               path,
		"https://graph.instagram.com#x":               path,
		`https://evil.example\.graph.instagram.com`:   path,
		"https://graph.instagram.com/../evil":         path,
		"https://" + strings.Repeat("a.", 126) + "ab": name,
	} {
		err := CheckEndpoint(endpoint, allow)
		var fault *EndpointError
		if !errors.As(err, &fault) {
			t.Errorf("%q may have a token: %v", endpoint, err)
			continue
		}
		if !strings.Contains(fault.Why, want) || fault.Remedy == "" {
			t.Errorf("%q is refused because it %s. %s", endpoint, fault.Why, fault.Remedy)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("a password is shown: %v", err)
		}
	}
}

func TestEndpointError(t *testing.T) {
	err := CheckEndpoint("https://Graph.Example.net:8443", nil)
	want := "the endpoint is at graph.example.net:8443, and a token goes only to graph.instagram.com, graph.facebook.com and to this machine. " +
		"If that host is yours and may have the token, allow it in the environment, not in the configuration: HERALD_ENDPOINT_ALLOW=graph.example.net:8443 (over https)."
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// FuzzEndpoint: whatever passes is read by net/url as the same host, and that
// host is one of the few.
func FuzzEndpoint(f *testing.F) {
	for _, s := range []string{"https://graph.instagram.com", "http://[::1]:80", "http://a.localhost", "https://graph.instagram.com@x", "http://127.0.0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		made, err := ParseEndpoint(endpoint, nil)
		if err != nil {
			return
		}
		read, err := url.Parse(endpoint)
		if err != nil {
			t.Fatalf("net/url refuses %q: %v", endpoint, err)
		}
		if strings.ToLower(read.Host) != made.Host || read.User != nil || read.Path != "" || read.RawQuery != "" {
			t.Fatalf("%q is read as %v and as %v", endpoint, read, made)
		}
		if host := made.Hostname(); !slices.Contains(metaHosts, host) && !IsLoopback(host) {
			t.Fatalf("%q may have a token", endpoint)
		}
	})
}
