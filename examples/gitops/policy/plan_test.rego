package main_test

import data.main

# A message that a plan would send; attributes are those of its content.
message(name, recipient, attributes) := {
	"address": sprintf("message.%s", [name]),
	"type": "message",
	"change": {
		"actions": ["create"],
		"after": object.union({"recipient": recipient}, attributes),
		"after_sensitive": {},
	},
}

text(words) := {"resource_changes": [message("a", "1001", {"text": words})]}

test_nothing_to_do if {
	count(main.deny) == 0 with input as {"resource_changes": []}
}

test_only_what_is_sent_counts if {
	sent := object.union(message("a", "1001", {"text": "You are a WINNER!!!"}), {"change": {"actions": ["no-op"]}})
	count(main.deny) == 0 with input as {"resource_changes": [sent]}
}

test_a_reaction_is_no_message if {
	reaction := {
		"address": "reaction.a",
		"type": "reaction",
		"change": {"actions": ["create"], "after": {"recipient": "1001"}, "after_sensitive": {}},
	}
	count(main.doing) == 1 with input as {"resource_changes": [reaction]}
	count(main.sending) == 0 with input as {"resource_changes": [reaction]}
}
