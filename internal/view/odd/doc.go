// Package odd answers the question "is there anything in this text that its
// author cannot have meant?": a placeholder that was never filled in, a name
// that came out empty, characters that move or hide text, a word of letters
// that only look alike, blanks and line breaks around it.
//
// What it finds is shown to a reviewer as a mark. A mark refuses nothing, and
// a false one teaches people to read over them: where a piece might well be
// meant, as "<3", "50%" or "100 % sure", there is none.
package odd
