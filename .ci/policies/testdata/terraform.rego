# A policy as teams have it for Terraform's plans, word for word: it knows
# nothing of Herald.
package terraform.plan

import rego.v1

# How many resources a plan may create, and who must not be among them.
create_limit := 3

blocked_recipients := {"6109876543210987"}

num_creates := count([r | some r in input.resource_changes; r.mode == "managed"; r.change.actions[_] == "create"])

deny contains msg if {
	num_creates > create_limit
	msg := sprintf("plan creates %d resources, limit is %d", [num_creates, create_limit])
}

deny contains msg if {
	change := input.resource_changes[_]
	change.change.actions[_] == "create"
	blocked_recipients[change.change.after.recipient]
	msg := sprintf("%s: recipient %s is blocked", [change.address, change.change.after.recipient])
}

deny contains msg if {
	not startswith(input.format_version, "1.")
	msg := sprintf("unknown format %s", [input.format_version])
}

authz if count(deny) == 0
