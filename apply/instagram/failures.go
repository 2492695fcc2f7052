package instagram

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"

	"herald/apply"
	"herald/apply/instagram/access"
)

// The reasons: Outcome.Reason where no Graph error says what happened.
const (
	// ReasonTimeout: no answer, or no connection, within the time-out.
	ReasonTimeout = "timeout"
	// ReasonCanceled: the run was interrupted.
	ReasonCanceled = "canceled"
	// ReasonReset: the connection broke.
	ReasonReset = "reset"
	// ReasonTLS: no secure connection, or it broke.
	ReasonTLS = "tls"
	// ReasonDNS: the host's name was not resolved.
	ReasonDNS = "dns"
	// ReasonRefused: nobody listens at the host.
	ReasonRefused = "refused"
	// ReasonProxy: the proxy made no connection.
	ReasonProxy = "proxy"
	// ReasonNotWritten: the request did not leave for another reason.
	ReasonNotWritten = "not_written"
	// ReasonUnparsable: an answer that is no Graph API answer.
	ReasonUnparsable = "unparsable"
	// ReasonRedirect: a redirect, which Herald does not follow.
	ReasonRedirect = "redirect"
	// ReasonNoMessageID: a success without the message's id.
	ReasonNoMessageID = "no_message_id"
	// ReasonNoRecipient: the success of a reaction without a recipient.
	ReasonNoRecipient = "no_recipient_id"
	// ReasonOtherRecipient: a success that names another recipient.
	ReasonOtherRecipient = "other_recipient"
	// ReasonEarlyAnswer: a success before the whole request was taken.
	ReasonEarlyAnswer = "early_answer"
	// ReasonNoUserID: an answer to GET /me that names no account.
	ReasonNoUserID = "no_user_id"
	// ReasonListing: conversations without what settling needs, or in disorder.
	ReasonListing = "unreadable_listing"
	// ReasonConversation: an answer whose conversation is not surely the
	// person's.
	ReasonConversation = "other_conversation"
	// ReasonNoToken: there is no token for the account; no call was made.
	ReasonNoToken = "no_token"
	// ReasonEndpoint: the endpoint may not be given a token; no call was made.
	ReasonEndpoint = "endpoint"
	// ReasonInvalid: the call or the account cannot be put into a request; no
	// call was made.
	ReasonInvalid = "invalid"
)

// errProxy is what the transport fails with if a proxy makes no connection.
var errProxy = errors.New("the proxy made no connection")

// cause finds the reason of a failed round trip; wrote says whether any of the
// request may have left. Only types decide: the texts of net/http's errors quote
// what came from the network.
func cause(ctx context.Context, err error, wrote bool) string {
	var (
		dns    *net.DNSError
		op     *net.OpError
		netErr net.Error
	)
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return ReasonTimeout
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		return ReasonCanceled
	case errors.Is(err, errProxy):
		return ReasonProxy
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return ReasonProxy
	case errors.As(err, &dns):
		return ReasonDNS
	case isTLS(err):
		return ReasonTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return ReasonRefused
	case errors.As(err, &netErr) && netErr.Timeout():
		return ReasonTimeout
	case !wrote:
		return ReasonNotWritten
	}
	return ReasonReset
}

func isTLS(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
	)
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid)
}

// subject is what a call is about, for the sentences of an outcome.
type subject uint8

const (
	aRead subject = iota
	aMessage
	aReaction
)

// doubt returns what is said of a call whose effect is not known.
func (s subject) doubt(reason string) apply.Outcome {
	o := apply.Outcome{Class: apply.InDoubt, Reason: reason, Explain: doubts[reason], Remedy: s.remedy()}
	if o.Explain == "" {
		o.Explain = doubts[ReasonReset]
	}
	switch s {
	case aMessage:
		o.Explain += ". The message may have been delivered."
	case aReaction:
		o.Explain += ". The reaction may have taken effect."
	case aRead:
		o.Explain += ". Nothing was changed by it."
	}
	return o
}

// remedy says what to do about a doubt.
func (s subject) remedy() string {
	switch s {
	case aMessage:
		return "Look in the Instagram app whether it arrived, then say so with herald resolve."
	case aReaction:
		return "Apply again: a reaction can be repeated without harm."
	case aRead:
	}
	return "Apply again."
}

// doubts says, for each reason, what happened to a request that had left.
var doubts = map[string]string{
	ReasonTimeout:        "No answer came within the time-out",
	ReasonCanceled:       "The run was interrupted before the answer came",
	ReasonReset:          "The connection broke before the answer came",
	ReasonTLS:            "The secure connection broke before the answer came",
	ReasonUnparsable:     "The answer is not one of the Graph API's",
	ReasonRedirect:       "The answer is a redirect, which Herald does not follow",
	ReasonNoMessageID:    "Instagram accepted the message but did not say its id",
	ReasonNoRecipient:    "The answer does not say whose conversation the reaction is in",
	ReasonOtherRecipient: "The answer names another recipient, so it may belong to another call",
	ReasonEarlyAnswer:    "An answer came before the whole request had left, so it may belong to another call",
	ReasonNoUserID:       "The answer to GET /me does not say the account's user_id",
	ReasonListing:        "The answer has no messages that can be relied on: something is missing from them, or they are in disorder",
	ReasonConversation:   "The answer does not say which conversation is the one with the person",
}

// notWritten returns what is said of a call that did not leave.
func notWritten(reason string) apply.Outcome {
	o := apply.Outcome{Class: apply.NotWritten, Reason: reason}
	what, ok := undone[reason]
	if !ok {
		what = undone[ReasonNotWritten]
	}
	o.Explain = what.explain + " Nothing was sent."
	o.Remedy = what.remedy
	return o
}

// undone says, for each reason, why a request did not leave.
var undone = map[string]struct{ explain, remedy string }{
	ReasonTimeout:    {"No connection was made within the time-out.", "See that the network is up, then apply again."},
	ReasonCanceled:   {"The run was interrupted before the call.", "Apply again."},
	ReasonTLS:        {"No secure connection could be made: the certificate or the protocol was not accepted.", "See that the endpoint is right, and that the clock and the trusted certificates of this machine are."},
	ReasonDNS:        {"The endpoint's host name could not be resolved.", "See that the network is up and the endpoint is right, then apply again."},
	ReasonRefused:    {"Nobody takes connections at the endpoint.", "See that the endpoint is right and its server runs, then apply again."},
	ReasonProxy:      {"The proxy made no connection to the endpoint.", "See that HTTPS_PROXY and NO_PROXY are right, then apply again."},
	ReasonNotWritten: {"No connection to the endpoint was usable.", "See that the network is up, then apply again."},
}

// noToken stops an account that has none. Of a source's error only the text of
// a *TokenError is shown, which holds no secret.
func noToken(err error) apply.Outcome {
	o := apply.Outcome{
		Class: apply.AccountRefused, Reason: ReasonNoToken,
		Explain: "There is no token for the account, so no call was made.",
		Remedy:  "Set the token in the environment, then apply again.",
	}
	var fault *access.TokenError
	if errors.As(err, &fault) {
		o.Explain = "No call was made: " + fault.Error()
		if fault.Remedy != "" {
			short := *fault
			short.Remedy = ""
			o.Explain, o.Remedy = "No call was made: "+short.Error()+".", fault.Remedy
		}
	}
	return o
}

// noEndpoint stops an account whose endpoint may not be given a token.
func noEndpoint(err error) apply.Outcome {
	o := apply.Outcome{
		Class: apply.AccountRefused, Reason: ReasonEndpoint,
		Explain: "The account's endpoint may not be given a token, so no call was made.",
		Remedy:  "Correct the endpoint.",
	}
	var fault *access.EndpointError
	if errors.As(err, &fault) {
		o.Explain, o.Remedy = fmt.Sprintf("No call was made: the endpoint %s.", fault.Why), fault.Remedy
	}
	return o
}

// invalidAccount stops an account that cannot be put into a path.
func invalidAccount(why string) apply.Outcome {
	return apply.Outcome{
		Class: apply.AccountRefused, Reason: ReasonInvalid,
		Explain: "No call was made: " + why + ".", Remedy: "Correct the account block.",
	}
}

// invalidCall refuses a call that cannot be put into a body.
func invalidCall(err error) apply.Outcome {
	return apply.Outcome{
		Class: apply.Final, Reason: ReasonInvalid,
		Explain: "No call was made: " + err.Error() + ".", Remedy: "Correct the message or reaction.",
	}
}
