package main_test

import data.main

campaign(n) := {"resource_changes": [message(sprintf("m%d", [i]), sprintf("%d", [i]), {"text": "Hi."}) |
	some i in numbers.range(1, n)
]}

test_small_campaign if {
	count(main.deny) == 0 with input as campaign(200)
}

test_large_campaign if {
	reasons := main.deny with input as campaign(201)
	reasons == {"The plan sends 201 messages, and 200 is the most."}
}
