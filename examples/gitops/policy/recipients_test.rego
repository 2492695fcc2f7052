package main_test

import data.main

plan_for(recipient, n) := {"resource_changes": [message(sprintf("m%d", [i]), recipient, {"text": "Hi."}) |
	some i in numbers.range(1, n)
]}

test_few_messages if {
	count(main.deny) == 0 with input as plan_for("1001", 3)
}

test_many_messages if {
	reasons := main.deny with input as plan_for("1001", 4)
	reasons == {`"1001" would get 4 messages at once, and 3 is the most: message.m1, message.m2, message.m3, message.m4`}
}

test_many_people if {
	changes := array.concat(plan_for("1001", 3).resource_changes, plan_for("1002", 3).resource_changes)
	count(main.deny) == 0 with input as {"resource_changes": changes}
}
