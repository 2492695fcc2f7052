package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"herald/config/content"
)

// SettleAfterEnv is the environment variable that overrides settle_after of
// every account: a duration, as in 90s.
const SettleAfterEnv = "HERALD_SETTLE_AFTER"

// TokenVariable returns the name of the environment variable that holds the
// token of the account: HERALD_TOKEN_ and its name in capitals, where what is
// no letter, digit or underscore becomes an underscore.
func TokenVariable(account string) string {
	return "HERALD_TOKEN_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, account)
}

// checkAccounts checks the account blocks against each other, and that every
// message and reaction has one.
func (c *Config) checkAccounts() hcl.Diagnostics {
	var diags hcl.Diagnostics
	names, tokens := named{}, map[string]string{"HERALD_TOKEN_FILE": ""}
	for i := range c.accounts {
		d := &c.accounts[i]
		if diag := names.add(d.name, "account", d.at()); diag != nil {
			diags = append(diags, diag)
			continue
		}
		diags = append(diags, checkTokenClash(d, tokens)...)
		if d.get("ig_id") == nil {
			diags = append(diags, errorAt(d.at(), "Missing argument", "An account is given by its ig_id: the user_id that GET /me returns, a string of digits, as in ig_id = \"17841405822304914\"."))
		}
		diags = append(diags, c.checkAttrs(d, scope{values: true, where: "an account"})...)
		if limits := d.nested("limits"); limits != nil {
			diags = append(diags, c.checkAttrs(limits, scope{values: true, where: "a limit"})...)
		}
	}
	if len(c.blocks) > 0 && len(c.accounts) == 0 {
		d := &c.blocks[0]
		diags = append(diags, errorf(d.at(), "No account", "Something is to be sent, and no account is declared to send it from. Add one, with the user_id that GET /me returns:\n\n"+
			"  account \"shop\" {\n    ig_id = \"17841405822304914\"\n  }"))
	}
	if len(c.accounts) > 1 {
		for i := range c.blocks {
			if d := &c.blocks[i]; isNull(d.get("account")) {
				diags = append(diags, errorf(d.at(), "Missing account", "There are several accounts, so each %s says which one it is sent from: account = %s.", d.schema.typ, orList(c.accountRefs())))
			}
		}
	}
	return diags
}

// checkTokenClash makes sure that no two accounts share an environment
// variable for their token, or for the file that holds it.
func checkTokenClash(d *decl, tokens map[string]string) hcl.Diagnostics {
	env := TokenVariable(d.name)
	for _, name := range []string{env, env + "_FILE"} {
		other, taken := tokens[name]
		if !taken {
			continue
		}
		if other == "" {
			return hcl.Diagnostics{errorf(d.at(), "Token variables clash", "The token of this account would be read from %s, which names the file that holds the token where there is one account. Give the account another name.", name)}
		}
		return hcl.Diagnostics{errorf(d.at(), "Token variables clash", "The token of this account and that of the account %s would both be read from %s. Give one of them another name.", other, name)}
	}
	tokens[env], tokens[env+"_FILE"] = d.name, d.name
	return nil
}

func (c *Config) accountRefs() []string {
	var refs []string
	for i := range c.accounts {
		refs = append(refs, "account."+c.accounts[i].name)
	}
	return refs
}

// accountRef returns the name in account.NAME.
func accountRef(a *attr) (string, bool) {
	t, ok := a.expr.(*hclsyntax.ScopeTraversalExpr)
	if !ok || t.Traversal.RootName() != blockAccount {
		return "", false
	}
	name, ok := attrStep(t.Traversal, 1)
	return name, ok && len(t.Traversal) == 2
}

// checkAccountRef checks a block's account attribute.
func (c *Config) checkAccountRef(d *decl, a *attr) hcl.Diagnostics {
	if name, ok := accountRef(a); ok {
		return c.checkAccountName(name, d.valueAt(a))
	}
	if a.val != cty.NilVal {
		return nil // a literal is looked up when it is evaluated
	}
	return c.checkExpr(a.expr, scope{values: true, each: d.get("for_each") != nil, where: "account"})
}

func (c *Config) checkAccountName(name string, at hcl.Range) hcl.Diagnostics {
	var names []string
	for i := range c.accounts {
		if c.accounts[i].name == name {
			return nil
		}
		names = append(names, c.accounts[i].name)
	}
	hint := ""
	if n := near(name, names); n != "" {
		hint = " Did you mean account." + n + "?"
	} else if len(names) > 0 {
		hint = " Declared: " + strings.Join(c.accountRefs(), ", ") + "."
	}
	return hcl.Diagnostics{errorf(at, "Unknown account", "No account %s is declared.%s", name, hint)}
}

// account evaluates an account block.
func (e *evaluator) account(d *decl) *Account {
	acc := &Account{Name: d.name, Endpoint: DefaultEndpoint, APIVersion: DefaultAPIVersion, Limits: DefaultRates(), SettleAfter: DefaultSettleAfter, Range: d.at()}
	for i := range d.attrs {
		a := &d.attrs[i]
		s, ok := e.plainString(d, a)
		if !ok {
			continue
		}
		var diag *hcl.Diagnostic
		at := d.valueAt(a)
		switch a.name {
		case "ig_id":
			acc.IGID = s
			if !content.Digits(s) {
				diag = errorAt(at, "Invalid account id", "ig_id is a string of digits, as in \"17841405822304914\": the user_id (not the id) that GET /me returns.")
			}
		case "endpoint":
			if strings.Contains(s, "@") { // a password, perhaps
				d.src.mask(at.Start.Byte, at.End.Byte)
			}
			acc.Endpoint, diag = endpoint(s, at)
		case "api_version":
			acc.APIVersion = s
			if !apiVersion.MatchString(s) {
				diag = errorAt(at, "Invalid API version", "A version of the Graph API is written with a v and two numbers, as in \"v24.0\".")
			}
		case "settle_after":
			acc.SettleAfter, diag = duration(s, at)
		}
		e.add(diag)
	}
	if limits := d.nested("limits"); limits != nil {
		e.rates(limits, &acc.Limits)
	}
	return acc
}

var apiVersion = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]{1,2}$`)

// duration reads a duration above 0.
func duration(s string, at hcl.Range) (time.Duration, *hcl.Diagnostic) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return DefaultSettleAfter, errorAt(at, "Invalid duration", "This is a number with a unit, above 0, as in \"60s\" or \"2m\": how long after a doubtful call its absence may be believed.")
	}
	return d, nil
}

// rates evaluates an account's limits block.
func (e *evaluator) rates(d *decl, into *Rates) {
	documented := DefaultRates()
	for i := range d.attrs {
		a := &d.attrs[i]
		n, ok := e.number(d, a)
		if !ok {
			continue
		}
		field, most := &into.Messages, documented.Messages
		switch a.name {
		case "media":
			field, most = &into.Media, documented.Media
		case "reads":
			field, most = &into.Reads, documented.Reads
		}
		v, _ := n.Float64()
		if v <= 0 {
			e.add(errorAt(d.valueAt(a), "Invalid limit", "A limit is a number of calls a second, above 0."))
			continue
		}
		*field = v
		if v > most {
			e.add(warningAt(d.valueAt(a), "Limit above the documented one",
				fmt.Sprintf("Meta documents %g calls a second for this kind of call and one account, and refuses what goes beyond. Unless Meta has granted more, set at most %g.", most, most)))
		}
	}
}

// endpoint checks the endpoint of an account and returns it as scheme and host.
func endpoint(s string, at hcl.Range) (string, *hcl.Diagnostic) {
	bad := func(why string) (string, *hcl.Diagnostic) {
		return DefaultEndpoint, errorf(at, "Invalid endpoint", "An endpoint is a scheme and a host, as in \"https://graph.instagram.com\": %s", why)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return bad("this is no such URL.")
	case u.User != nil:
		return bad("this one holds a user name or password, which never stands in a file.")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return bad("take out what follows the host. The version stands in api_version, the account in ig_id.")
	case u.Scheme != "https" && u.Scheme != "http":
		return bad("its scheme is https.")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return bad("it begins with https://, because the account's token goes there. Only a loopback host (localhost, 127.0.0.1) may use http, for a simulator.")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
