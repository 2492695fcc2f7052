// Package fault answers the question "what goes wrong with this call?".
//
// A Script says which calls to the sandbox fail, and how: an accepted message
// whose answer is lost, a rate limit, a listing that lags. Its lines are
// described at Script. The package decides; the sandbox carries it out.
//
//	script, err := fault.Parse("post every=10 do accept-then-drop")
//	met := script.Match(fault.Call{Method: "POST", Account: "me"}, seed)
package fault
