// Package htmlpage answers the question "what does a person see of a plan or a
// run in a browser?".
//
// Plan and Run write one page that stands by itself: it fetches nothing and
// runs nothing, which its own policy enforces. Conversations look like chats,
// since that is what each person will see.
package htmlpage
