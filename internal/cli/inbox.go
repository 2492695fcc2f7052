package cli

import (
	"encoding/json"
	"io"
	"time"

	"herald/internal/sandbox"
	"herald/internal/view"
	"herald/internal/view/text"
	"herald/plan"
	"herald/state"
)

// inboxDocument shows what each recipient of the plan now sees in the local
// Instagram; what came since began is marked as new.
func inboxDocument(p *plan.Plan, server *sandbox.Server, began time.Time) document {
	accounts := make(map[string]string, len(p.Accounts))
	for _, account := range p.Accounts {
		accounts[account.IGID] = account.Name
	}
	people := make(map[state.Conversation]string)
	for _, c := range view.NewPlanDoc(p, view.PlanOptions{}).Conversations {
		people[state.Conversation{Account: c.Account, Recipient: c.Recipient}] = c.Person
	}
	inbox := view.Inbox{}
	for _, c := range server.Conversations() {
		name, ok := accounts[c.Account]
		if !ok {
			continue
		}
		chat := view.InboxConversation{Account: name, Recipient: c.Recipient}
		chat.Person = people[state.Conversation{Account: name, Recipient: c.Recipient}]
		for _, item := range c.Items {
			chat.Items = append(chat.Items, inboxItem(item, began))
		}
		inbox.Conversations = append(inbox.Conversations, chat)
	}
	return document{
		text: func(w io.Writer, opts text.Options) error { return text.Inbox(w, inbox, opts) },
		json: func(w io.Writer) error { return json.NewEncoder(w).Encode(inbox) },
	}
}

func inboxItem(item sandbox.Item, began time.Time) view.InboxItem {
	out := view.InboxItem{
		FromUs: item.FromBusiness, Kind: string(item.Kind), Text: item.Text, URL: item.URL,
		At: item.Time, New: !item.Time.Before(began),
	}
	if item.PostID != "" {
		out.URL = item.PostID
	}
	for _, r := range item.Reactions {
		if r.FromBusiness {
			out.Reaction = r.Emoji
		}
	}
	return out
}
