package access

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// AllowVariable names the environment variable that lists further hosts that
// may be given a token.
const AllowVariable = "HERALD_ENDPOINT_ALLOW"

// metaHosts are the Graph API's: for Instagram Login and for Facebook Login.
var metaHosts = []string{"graph.instagram.com", FacebookHost}

// FacebookHost is the Graph API's host for accounts that log in through
// Facebook, where some paths differ.
const FacebookHost = "graph.facebook.com"

// EndpointError says why no token is sent to an endpoint. It never holds a
// user name or password that stood in it.
type EndpointError struct {
	Host   string // "" if the endpoint has none that can be read
	Why    string // the end of a sentence whose subject is the endpoint
	Remedy string // a sentence
}

// Error returns one line: what is wrong and what to do.
func (e *EndpointError) Error() string {
	return "the endpoint " + e.Why + ". " + e.Remedy
}

// ParseAllow splits the value of HERALD_ENDPOINT_ALLOW, "host,host:port", at
// its commas.
func ParseAllow(value string) []string {
	var hosts []string
	for host := range strings.SplitSeq(value, ",") {
		if host = strings.TrimSpace(host); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// CheckEndpoint returns an *EndpointError if a token must not be sent to the
// endpoint, which is a scheme and a host, with a port if need be, and nothing
// else: https://graph.instagram.com.
//
// A token goes to graph.instagram.com and graph.facebook.com on port 443, to
// this machine (127.0.0.0/8, ::1, localhost and the names below it), where
// http will do, and to the hosts in allow, over https; an entry of allow is a
// host, which stands for all of its ports, or host:port. Case makes no
// difference. A dot at the end, an IPv6 zone, an IPv4 address written any way
// but as four decimal numbers, and letters beyond ASCII are refused.
func CheckEndpoint(endpoint string, allow []string) error {
	_, err := ParseEndpoint(endpoint, allow)
	return err
}

// ParseEndpoint does what CheckEndpoint does and returns the endpoint as a URL
// of its own making. It reads the endpoint by hand: what it takes leaves no
// room for two parsers to disagree.
func ParseEndpoint(endpoint string, allow []string) (*url.URL, error) {
	scheme, rest, ok := strings.Cut(endpoint, "://")
	scheme = lower(scheme)
	switch {
	case !ok || (scheme != "https" && scheme != "http"):
		return nil, malformed("", "begins with neither https:// nor http://")
	case strings.Contains(rest, "@"):
		return nil, malformed("", "holds a user name or password")
	case strings.ContainsAny(rest, `/\?#`):
		return nil, malformed("", "has a path, a query or a fragment")
	}
	rest = lower(rest)
	host, port, err := splitHost(rest)
	if err != nil {
		return nil, err
	}
	u := &url.URL{Scheme: scheme, Host: rest}
	if IsLoopback(host) {
		return u, nil
	}
	if slices.Contains(metaHosts, host) && (port == "" || port == "443") || allowed(host, port, allow) {
		if scheme != "https" {
			return nil, &EndpointError{
				Host: host, Why: "is http, which would show the token to the network",
				Remedy: "Write https://; http is for this machine only.",
			}
		}
		return u, nil
	}
	return nil, &EndpointError{
		Host: host,
		Why:  fmt.Sprintf("is at %s, and a token goes only to %s and to this machine", u.Host, strings.Join(metaHosts, ", ")),
		Remedy: fmt.Sprintf("If that host is yours and may have the token, allow it in the environment, not in the configuration: %s=%s (over https).",
			AllowVariable, u.Host),
	}
}

// lower changes ASCII letters only: strings.ToLower would make a letter k of
// the sign for kelvin.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

func malformed(host, why string) *EndpointError {
	return &EndpointError{Host: host, Why: why, Remedy: "Give a scheme and a host alone, as in https://graph.instagram.com."}
}

// splitHost takes host[:port] apart and refuses every other form. The host
// comes back without the brackets of an IPv6 address.
func splitHost(s string) (host, port string, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", malformed("", "has an address without its closing bracket")
		}
		host = s[1:end]
		addr, err := netip.ParseAddr(host)
		if err != nil || !addr.Is6() || addr.Is4In6() || addr.Zone() != "" {
			return "", "", malformed("", "has something other than an IPv6 address without a zone in brackets")
		}
		s = s[end+1:]
	} else {
		end := strings.IndexByte(s, ':')
		if end < 0 {
			end = len(s)
		}
		if host = s[:end]; !isName(host) {
			return "", "", malformed("", "has a host that is no name of letters, digits, dots and hyphens")
		}
		s = s[end:]
	}
	if s == "" {
		return host, "", nil
	}
	port, ok := strings.CutPrefix(s, ":")
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return "", "", malformed(host, "has a port that is no number from 1 to 65535")
	}
	return host, port, nil
}

// isName reports whether s, in lower case, is a host name or IPv4 address.
func isName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// IsLoopback reports whether the host, in lower case and without brackets, is
// this machine. The transport dials names below localhost on the loopback
// addresses, whatever a name server says.
func IsLoopback(host string) bool {
	if IsLocalName(host) {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == "" && !addr.Is4In6() && addr.IsLoopback()
}

// IsLocalName reports whether the host, in lower case, is localhost or a name
// below it: this machine, whatever a name server says.
func IsLocalName(host string) bool {
	return isName(host) && (host == "localhost" || strings.HasSuffix(host, ".localhost"))
}

// allowed reports whether an entry of allow is the host, or the host and port.
func allowed(host, port string, allow []string) bool {
	if port == "" {
		port = "443"
	}
	return slices.ContainsFunc(allow, func(entry string) bool {
		entry = lower(strings.TrimSpace(entry))
		bare := strings.TrimSuffix(strings.TrimPrefix(entry, "["), "]")
		return bare == host || entry == net.JoinHostPort(host, port)
	})
}
