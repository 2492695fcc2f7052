package plan

import (
	"herald/config/addr"
	"herald/state"
)

// PartOf returns the part of a record that Build looks at, beside what belongs
// to every part. It is false where that may be anything: moved blocks and
// patterns can name what no block declares. Of in.Record, the part as it was
// read before, it takes what is in doubt without a block, whose other revisions
// count too; so the second call is the last that adds anything.
func PartOf(in Input) (state.Part, bool) {
	if len(in.Wanted.Moves) > 0 || !declares(in, in.Only) || !declares(in, in.Exclude) {
		return state.Part{}, false
	}
	var p state.Part
	seen := make(map[state.Conversation]bool)
	for _, it := range in.Wanted.Items {
		p.Addrs = append(append(p.Addrs, it.Addr), it.DependsOn...)
		if it.Account == nil {
			continue // Build says so
		}
		if at := (state.Conversation{Account: it.Account.IGID, Recipient: it.Recipient}); !seen[at] {
			seen[at] = true
			p.Conversations = append(p.Conversations, at)
		}
		switch {
		case it.Addr.Kind == addr.Message:
			p.Fingerprints = append(p.Fingerprints, fingerprint(it))
		case it.Target.IsRef():
			p.Addrs = append(p.Addrs, it.Target.Ref)
		default:
			p.MessageIDs = append(p.MessageIDs, it.Target.ID)
		}
	}
	for _, im := range in.Wanted.Imports {
		p.MessageIDs = append(p.MessageIDs, im.ID)
	}
	for _, o := range in.Wanted.Outputs {
		p.Addrs = append(p.Addrs, o.Refs...)
	}
	if in.Record != nil {
		for e := range in.Record.All() {
			if e.Status == state.Intent || e.Status == state.Reacted {
				p.Addrs = append(p.Addrs, e.Addr)
			}
		}
	}
	return p, true
}

// declares reports whether each pattern names something that is declared.
func declares(in Input, patterns []addr.Pattern) bool {
	for _, p := range patterns {
		found := false
		for _, it := range in.Wanted.Items {
			found = found || p.Match(it.Addr)
		}
		if !found {
			return false
		}
	}
	return true
}
