# What the other policies ask of a plan. A policy is a file with rules named
# deny, each a sentence that ends the job; "opa eval" and conftest both ask
# them. Values that somebody else has written are quoted with %q, so that they
# begin no line of a log.
package main

# What the plan would send or do now.
doing contains change if {
	some change in input.resource_changes
	some action in change.change.actions
	action in {"create", "update"}
}

# The messages that it would send.
sending contains change if {
	some change in doing
	change.type == "message"
	"create" in change.change.actions
}
