// Package safe answers the question "how is a text of unknown origin shown so
// that it neither moves, hides nor forges anything?".
//
// Line breaks and emoji are shown as their reader will see them. Everything
// that moves or hides text (control characters, escapes, bidirectional and
// invisible characters, unusual spaces, bytes that are no UTF-8) becomes a
// visible mark such as ⟨ESC⟩ or ⟨U+202E⟩. Text and Line do that for a
// terminal; Code and Fence do it for Markdown, where besides nobody may be
// pinged and no fence closed; JSON does it by escapes, so that the value stays
// the same.
package safe
