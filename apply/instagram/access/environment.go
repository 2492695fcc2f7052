package access

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const (
	tokenVariable = "HERALD_TOKEN"
	fileSuffix    = "_FILE"
)

// Variable returns the environment variable that holds the account's token:
// HERALD_TOKEN_ and the name in capitals, where everything but ASCII letters,
// digits and _ has become _. The same with _FILE at the end names a file.
func Variable(account string) string {
	return tokenVariable + "_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, account)
}

// Tokens holds the tokens found in the environment. It is a TokenSource, and
// prints without its tokens.
type Tokens struct {
	tokens map[string]Token
	faults map[string]error
}

// Environment looks up the tokens of the accounts, by their names, through
// lookup (os.LookupEnv, say). For each account it takes the variable Variable
// names, or HERALD_TOKEN if there is one account and its own variable is not
// set; of each pair, the token itself or, with _FILE at the end, the name of a
// file that holds it and at most one line break behind it.
//
// It returns what it found and, in the order of accounts, a *TokenError for
// each account without a usable token; Tokens.Token returns the same error for
// that account.
func Environment(lookup func(string) (string, bool), accounts []string) (*Tokens, []error) {
	t := &Tokens{tokens: map[string]Token{}, faults: map[string]error{}}
	env := environment{lookup: lookup, accounts: accounts}
	var faults []error
	for i, account := range accounts {
		if slices.Contains(accounts[:i], account) {
			continue
		}
		token, fault := env.token(account)
		if fault != nil {
			t.faults[account] = fault
			faults = append(faults, fault)
			continue
		}
		t.tokens[account] = token
	}
	return t, faults
}

// Token returns the account's token, or the *TokenError that says why there is
// none.
func (t *Tokens) Token(account string) (Token, error) {
	if token, ok := t.tokens[account]; ok {
		return token, nil
	}
	if fault, ok := t.faults[account]; ok {
		return Token{}, fault
	}
	return Token{}, &TokenError{Account: account, Why: "it was not looked for: the account is not one of the plan's"}
}

// Secrets returns the tokens in clear. It serves Redact, and nothing else
// should call it.
func (t *Tokens) Secrets() []string {
	secrets := make([]string, 0, len(t.tokens))
	for _, token := range t.tokens {
		secrets = append(secrets, token.Reveal())
	}
	return secrets
}

// String returns how many tokens there are.
func (t *Tokens) String() string { return fmt.Sprintf("%d tokens", len(t.tokens)) }

// environment is the variables and the accounts that they are for.
type environment struct {
	lookup   func(string) (string, bool)
	accounts []string
}

func (e environment) token(account string) (Token, *TokenError) {
	own := Variable(account)
	if fault := e.clash(account, own); fault != nil {
		return Token{}, fault
	}
	token, found, fault := e.pair(account, own)
	if found || fault != nil {
		return token, fault
	}
	remedy := fmt.Sprintf("Set %s to the token, or %s to the name of a file that holds it.", own, own+fileSuffix)
	if e.several() {
		for _, name := range []string{tokenVariable, tokenVariable + fileSuffix} {
			if _, set := e.lookup(name); set {
				return Token{}, &TokenError{
					Account: account, Variable: name,
					Why:    "it is set, but says nothing where there are several accounts",
					Remedy: remedy,
				}
			}
		}
		return Token{}, &TokenError{Account: account, Why: "there is none", Remedy: remedy}
	}
	token, found, fault = e.pair(account, tokenVariable)
	if found || fault != nil {
		return token, fault
	}
	return Token{}, &TokenError{
		Account: account, Why: "there is none",
		Remedy: fmt.Sprintf("Set %s or %s to the token, or %s to the name of a file that holds it.", own, tokenVariable, own+fileSuffix),
	}
}

// several reports whether there is more than one account.
func (e environment) several() bool {
	return slices.ContainsFunc(e.accounts, func(a string) bool { return a != e.accounts[0] })
}

// clash refuses an account whose variable, or its _FILE, is also another's:
// a token must not go to the wrong account because of a name.
func (e environment) clash(account, own string) *TokenError {
	mine := []string{own, own + fileSuffix}
	refuse := func(variable, why string) *TokenError {
		return &TokenError{
			Account: account, Variable: variable, Why: why,
			Remedy: "Rename one of the accounts in the configuration; their addresses and records do not depend on the name.",
		}
	}
	if own == tokenVariable+fileSuffix {
		return &TokenError{
			Account: account, Variable: own, Why: "it would be both this account's token and the file of " + tokenVariable,
			Remedy: "Rename the account in the configuration; addresses and records do not depend on its name.",
		}
	}
	for _, other := range e.accounts {
		if other == account {
			continue
		}
		theirs := Variable(other)
		for _, name := range mine {
			if name == theirs || name == theirs+fileSuffix {
				return refuse(name, fmt.Sprintf("it would be read for the account %q too", other))
			}
		}
	}
	return nil
}

// pair reads the variable, or the file that its _FILE names. found says that
// one of them was set.
func (e environment) pair(account, variable string) (token Token, found bool, fault *TokenError) {
	secret, inline := e.lookup(variable)
	path, inFile := e.lookup(variable + fileSuffix)
	at := variable
	remedy := fmt.Sprintf("Set %s to the account's token.", variable)
	fail := func(why string) (Token, bool, *TokenError) {
		return Token{}, true, &TokenError{Account: account, Variable: at, Why: why, Remedy: remedy}
	}
	switch {
	case inline && inFile:
		remedy = fmt.Sprintf("Unset %s or %s.", variable, variable+fileSuffix)
		return fail("it is set, and so is " + variable + fileSuffix)
	case inFile:
		at = variable + fileSuffix
		remedy = fmt.Sprintf("Set %s to the name of a file that holds the account's token and nothing else.", at)
		if path == "" {
			return fail("it is set but empty")
		}
		var err error
		if secret, err = readToken(path); err != nil {
			return fail(err.Error())
		}
		if why := tokenFault(secret); why != "" {
			return fail(fmt.Sprintf("the file %s %s", path, why))
		}
	case !inline:
		return Token{}, false, nil
	case secret == "":
		return fail("it is set but empty")
	}
	if why := tokenFault(secret); why != "" {
		return fail("its value " + why)
	}
	token, err := NewToken(secret)
	if err != nil {
		return fail(err.Error())
	}
	return token, true, nil
}

// readToken returns the file's content without one line break at its end. A
// pipe that is open in this process already will do for a file, as a shell
// makes one of <(command); to open another might wait for ever.
func readToken(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		open := strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
		if info.Mode().Type() != fs.ModeNamedPipe || !open {
			return "", fmt.Errorf("the file %s is a pipe or a device, not a regular file", path)
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxToken+3))
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", err)
	}
	s, cut := strings.CutSuffix(string(data), "\n")
	if cut {
		s = strings.TrimSuffix(s, "\r")
	}
	return s, nil
}
