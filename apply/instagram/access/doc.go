// Package access answers the question "which token is an account's, and who may
// see it?".
//
// Environment finds the access tokens, by the rules for their variables
// (environment.go). CheckEndpoint says which hosts a token may be sent to
// (endpoint.go): Meta's, this machine, and those that the environment allows. A
// Token prints as "(token)" wherever it is printed (token.go), and Redact keeps
// the secrets out of what others write (redact.go).
//
//	tokens, errs := access.Environment(os.LookupEnv, []string{"shop"})
//	token, err := tokens.Token("shop")
//
// The package makes no call. No error of it holds a token.
package access
