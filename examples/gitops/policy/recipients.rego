# Nobody gets more than a few messages from one plan.
package main

max_per_recipient := 3

# What each person would get.
addresses[recipient] contains change.address if {
	some change in sending
	recipient := change.change.after.recipient
}

deny contains reason if {
	some recipient, got in addresses
	count(got) > max_per_recipient
	reason := sprintf(
		"%q would get %d messages at once, and %d is the most: %s",
		[recipient, count(got), max_per_recipient, concat(", ", got)],
	)
}
