# Herald marks what an author cannot have meant: a placeholder that nothing was
# put into, an empty name, letters of two alphabets in one word, characters
# that hide or turn the text around.
package main

allowed_marks := set()

deny contains reason if {
	some change in sending
	some mark in change.marks
	not mark.kind in allowed_marks
	reason := sprintf("%s looks odd in line %d: %s.", [change.address, mark.line, mark.kind])
}
