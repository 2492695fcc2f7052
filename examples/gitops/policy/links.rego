# Links lead to https, whether they stand in a text or are sent by themselves,
# and so do the pictures, sounds and films.
package main

deny contains reason if {
	some change in sending
	some attribute in {"text", "link", "image", "audio", "video"}
	some link in regex.find_n(`(?i)\b[a-z][a-z0-9+.-]*://[^\s]*`, change.change.after[attribute], -1)
	not startswith(lower(link), "https://")
	reason := sprintf("%s has a link that is not https: %q.", [change.address, link])
}
