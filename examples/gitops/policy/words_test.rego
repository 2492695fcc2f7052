package main_test

import data.main

test_quiet_words if {
	count(main.deny) == 0 with input as text("Hi Ana, order B-1041 is on its way! IKEA and DHL are fine.")
}

test_loud_words if {
	reasons := main.deny with input as text("Your Last Chance")
	reasons == {`message.a says "last chance".`}
}

test_shouting if {
	reasons := main.deny with input as text("READ THIS NOW, PLEASE")
	reasons == {`message.a shouts: "PLEASE".`}
	marks := main.deny with input as text("Hi!!!")
	marks == {`message.a shouts: "!!!".`}
}

test_sensitive_text if {
	hidden := object.union(message("a", "1001", {"text": null}), {"change": {"after_sensitive": {"text": true}}})
	reasons := main.deny with input as {"resource_changes": [hidden]}
	reasons == {"message.a is sensitive, so nobody can read here what it says."}
}
