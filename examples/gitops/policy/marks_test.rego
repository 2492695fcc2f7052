package main_test

import data.main

odd(kind) := object.union(message("a", "1001", {"text": "Hi {{name}}"}), {"marks": [{"kind": kind, "text": "{{name}}", "line": 1}]})

test_marks if {
	reasons := main.deny with input as {"resource_changes": [odd("placeholder")]}
	reasons == {"message.a looks odd in line 1: placeholder."}
}

test_allowed_marks if {
	reasons := main.deny with input as {"resource_changes": [odd("invisible")]} with main.allowed_marks as {"invisible"}
	count(reasons) == 0
}
