# Quiet words: what we do not shout at people.
package main

loud_words := {"guaranteed", "last chance", "act now", "winner", "100% free"}

deny contains reason if {
	some change in sending
	some word in loud_words
	contains(lower(change.change.after.text), word)
	reason := sprintf("%s says %q.", [change.address, word])
}

# Six capitals or three exclamation marks in a row are shouting in any words.
deny contains reason if {
	some change in sending
	some shout in regex.find_n(`\b\p{Lu}{6,}\b|!{3,}`, change.change.after.text, 1)
	reason := sprintf("%s shouts: %q.", [change.address, shout])
}

# What a reviewer cannot read, a policy cannot either.
deny contains reason if {
	some change in sending
	change.change.after_sensitive.text
	reason := sprintf("%s is sensitive, so nobody can read here what it says.", [change.address])
}
