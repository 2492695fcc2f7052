package cli

import (
	"fmt"
	"slices"
	"strings"

	"herald/state"
	"herald/state/httpstore"
)

// httpEnv returns what the environment says of a store that is reached by
// HTTP: under Herald's own name for it, or else under Terraform's.
func (a *App) httpEnv(name string) string {
	if v := a.env("HERALD_HTTP_" + name); v != "" {
		return v
	}
	return a.env("TF_HTTP_" + name)
}

// httpStore opens a record that is kept on a server that speaks Terraform's
// protocol. What the block does not say is in the environment, and so is
// whatever gives access.
func (a *App) httpStore(k keeping, sealer state.Sealer) (state.Store, error) {
	set := func(name string) string {
		if v := k.of(name); v != "" {
			return v
		}
		return a.httpEnv(strings.ToUpper(name))
	}
	skip := set("skip_cert_verification")
	o := httpstore.Options{
		Address: set("address"), UpdateMethod: set("update_method"),
		LockAddress: set("lock_address"), LockMethod: set("lock_method"),
		UnlockAddress: set("unlock_address"), UnlockMethod: set("unlock_method"),
		SkipCertVerification: skip == "true" || skip == "1",
		Username:             a.httpEnv("USERNAME"), Password: a.httpEnv("PASSWORD"),
		CACertificates:    a.httpEnv("CLIENT_CA_CERTIFICATE_PEM"),
		ClientCertificate: a.httpEnv("CLIENT_CERTIFICATE_PEM"), ClientKey: a.httpEnv("CLIENT_PRIVATE_KEY_PEM"),
		Sealer: sealer,
	}
	if o.Address == "" {
		return nil, k.failed("Missing argument", "A record on a server has an address: address = \"https://host/path\" in the state block, or HERALD_HTTP_ADDRESS in the environment.")
	}
	if pinned := a.httpEnv("ADDRESS"); pinned != "" && pinned != o.Address {
		return nil, k.failed("Two addresses", "The state block names another address than the environment (HERALD_HTTP_ADDRESS or TF_HTTP_ADDRESS). Password and headers in the environment belong to the latter, and are not sent elsewhere because a file says so. Make the two the same, or take one of them out.")
	}
	var err error
	if o.Headers, err = headerLines(a.httpEnv("HEADERS")); err != nil {
		return nil, k.failed("Invalid headers", fmt.Sprintf("HERALD_HTTP_HEADERS cannot be used: %s. It holds one header a line, as in Authorization=Bearer and what follows.", err))
	}
	return httpstore.New(o), nil
}

// headerLines reads one header a line: NAME=VALUE, or NAME: VALUE. An error
// quotes no value.
func headerLines(text string) (map[string]string, error) {
	var headers map[string]string
	for i, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		at := strings.IndexAny(line, "=:")
		if at <= 0 || slices.ContainsFunc([]rune(line[:at]), func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("line %d is no name with = and a value", i+1)
		}
		if headers == nil {
			headers = map[string]string{}
		}
		headers[line[:at]] = strings.TrimSpace(line[at+1:])
	}
	return headers, nil
}
