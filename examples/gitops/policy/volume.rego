# A plan of many messages is sent in parts, or with this number raised in a
# pull request of its own.
package main

max_sends := 200

deny contains reason if {
	count(sending) > max_sends
	reason := sprintf("The plan sends %d messages, and %d is the most.", [count(sending), max_sends])
}
