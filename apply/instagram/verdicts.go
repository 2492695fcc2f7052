package instagram

import "herald/apply"

// verdict is what an error code means: for the journal protocol, and for a
// person. Its sentences are Herald's own; a Graph error's text is never kept.
// What to do about a doubt depends on the call, so such a verdict has no remedy.
type verdict struct {
	class   apply.Class
	explain string
	remedy  string
}

// graphCode is the code and error_subcode of a Graph error. Nothing else of an
// error decides: its text is translated, and its type and HTTP status vary.
type graphCode struct{ code, sub int }

const (
	bare   = 0  // the code without a subcode
	anySub = -1 // the code with any subcode that has no row of its own
)

// Remedies that several rows share.
const (
	remedyToken = "Make a new token for the account, with the permission to manage messages, and set it in the environment; then apply again."
	remedyWait  = "Nothing needs to be done: the account waits and goes on."
	remedyHeld  = "It stays to be sent, and the next apply tries again."
)

// table holds all known codes. Its rows follow the API sheet,
// which has them from Meta's pages on error codes of the Instagram and
// Messenger platforms and the Graph API, and from answers seen in practice.
//
// Where the meaning hangs on the subcode (1, 2, 10, 100, 200, 36000), only
// listed subcodes are known. A rate limit or a bad token is one whatever its
// subcode.
var table = []row{
	// The service's own errors. Calls answered like this have been delivered.
	{codes(1, anySub, 2, anySub, -1, anySub, -2, anySub), verdict{
		apply.InDoubt,
		"Instagram reports an error of its own; calls answered like this have taken effect all the same.", "",
	}},
	{codes(1, 1357046, 2, 1545133), verdict{
		apply.InDoubt,
		"Instagram reports an error that it also gives for messages that it has sent.", "",
	}},
	{codes(100, 2534025), verdict{
		apply.InDoubt,
		"The private reply was refused: the comment cannot be replied to, or its one reply is already used, maybe by an earlier try.", "",
	}},

	// Rate limits.
	{codes(4, anySub, 17, anySub, 32, anySub, 341, anySub, 613, anySub,
		4, 1349210, 613, 2534040, 613, 1996, 80001, anySub, 80002, anySub, 80006, anySub), verdict{
		apply.RateLimited,
		"The account has made more calls than Instagram takes in this time.", remedyWait,
	}},
	{codes(613, 2018338, 4, 2018354), verdict{
		apply.Final,
		"Instagram takes no more of this kind of message to this person: a tag was used too often, or marketing messages are delayed.",
		"Give up on this message, or send it later as a new revision.",
	}},

	// The person, or the conversation, cannot be written to now.
	{codes(10, 2534022, 10, 2018278), verdict{
		apply.Hold,
		"The person has not written to the account within the last 24 hours, and Instagram lets nothing be sent to them until they do.",
		"Wait until they write. " + remedyHeld,
	}},
	{codes(10, 2018108, 200, 1545041, 551, anySub), verdict{
		apply.Hold,
		"The person cannot receive messages from the account at this time.", remedyHeld,
	}},
	{codes(100, 2534037, 2018300, anySub), verdict{
		apply.Hold,
		"Another app has control of this conversation.",
		"Let that app hand the conversation over. " + remedyHeld,
	}},

	// The account may not send.
	{codes(10, 1893063, 368, anySub), verdict{
		apply.AccountRefused,
		"Instagram has restricted the account for breaking its policies.",
		"See the account's status in the Instagram app; nothing more is sent from it in this run.",
	}},
	{codes(10, bare, 200, bare, 3, anySub), verdict{
		apply.AccountRefused,
		"The app or the token lacks the permission for this call.",
		"Give the app instagram_business_manage_messages and the account's consent, make a new token, then apply again.",
	}},
	{codes(200, 2534041, 10, 2534077), verdict{
		apply.AccountRefused,
		"The account does not let connected tools read or send its messages.",
		"In the Instagram app, under messages and story replies, allow access to messages for connected tools; then apply again.",
	}},
	{codes(100, 2534029), verdict{
		apply.AccountRefused,
		"Instagram has blocked this business from its messaging API.",
		"Ask Meta's business support; nothing more is sent from the account in this run.",
	}},
	{codes(102, anySub, 190, anySub), verdict{
		apply.AccountRefused,
		"Instagram does not take the account's token.", remedyToken,
	}},
	{codes(190, 463), verdict{
		apply.AccountRefused,
		"The account's token has expired; a token lasts 60 days.", remedyToken,
	}},
	{codes(190, 458, 190, 459, 190, 460, 190, 464, 190, 467, 190, 492), verdict{
		apply.AccountRefused,
		"The account's token is no longer valid: the app was removed, the password changed, or the login must be confirmed.", remedyToken,
	}},

	// This call is wrong.
	{codes(100, 2534014, 100, 2018001), verdict{
		apply.Final,
		"The account knows no such person: the id is wrong, belongs to another account's conversations, or is the account's own.",
		"Correct the recipient. An Instagram-scoped id holds for one account only; it is in the webhook of the person's message to that account.",
	}},
	{codes(100, 2534015), verdict{
		apply.Final,
		"The content is not valid for this kind of message.",
		"Correct the content; a published post must be the account's own.",
	}},
	{codes(100, 2534068), verdict{
		apply.Final,
		"Several images in one message are not enabled for the account.", "Send each image as a message of its own.",
	}},
	{codes(100, 2018008, 100, 2018294), verdict{
		apply.RefetchMedia,
		"Meta could not fetch the media from its URL, or not within 75 seconds.",
		"See that the URL is public, answers fast, and is not blocked for Meta's servers.",
	}},
	{codes(100, 2018047, 100, 2018074, 100, 2018109, 36000, 2207004), verdict{
		apply.Final,
		"The media is of the wrong type, is too large, or is not an attachment that Instagram knows.",
		"Correct the content: image png, jpeg or gif up to 8 MB, audio and video up to 25 MB.",
	}},
	{codes(100, bare), verdict{
		apply.Final,
		"Instagram does not take one of the call's values; an over-long text is refused like this, too.",
		"Correct the content or the recipient.",
	}},
	{codes(100, 33), verdict{
		apply.Final,
		"What the call names does not exist, or the account may not see it: the account's id, the message reacted to, or the post.",
		"Correct the reference. The account's ig_id is the user_id of GET /me, not its id.",
	}},

	// Known from reads; no refusal of a POST.
	{codes(9000001, anySub), verdict{
		apply.InDoubt,
		"Instagram has no details of a message: it was deleted, or is not among the newest 20 of its conversation.", "",
	}},
	{codes(230, anySub), verdict{
		apply.InDoubt,
		"The person has not consented to show their profile.", "",
	}},
}

// verdicts is the table by code.
var verdicts = index(table)

// unknownCode is what every code means that the table does not list.
var unknownCode = verdict{
	apply.InDoubt,
	"Instagram answered with an error code that Herald does not know, so it cannot tell whether the call took effect.", "",
}

// transient is what is_transient says of any error that is no rate limit.
var transient = verdict{
	apply.InDoubt,
	"Instagram calls its error a passing one; calls answered like this have taken effect all the same.", "",
}

// judge returns what a Graph error means.
func judge(code graphCode, isTransient bool) verdict {
	v, ok := verdicts[code]
	if !ok {
		v, ok = verdicts[graphCode{code.code, anySub}]
	}
	switch {
	case ok && v.class == apply.RateLimited:
		return v
	case isTransient:
		return transient
	case !ok:
		return unknownCode
	}
	return v
}

// row is one meaning and the codes that have it.
type row struct {
	codes   []graphCode
	verdict verdict
}

// codes pairs up a list of code, subcode, code, subcode.
func codes(pairs ...int) []graphCode {
	list := make([]graphCode, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, graphCode{pairs[i], pairs[i+1]})
	}
	return list
}

func index(rows []row) map[graphCode]verdict {
	m := map[graphCode]verdict{}
	for _, r := range rows {
		for _, code := range r.codes {
			m[code] = r.verdict
		}
	}
	return m
}
