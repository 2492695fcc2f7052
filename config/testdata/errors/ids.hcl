account "shop" {
  ig_id = "17841405822304914"
}

message "a" {
  recipient = "1"
  text      = "Hi"
}

message "all" {
  for_each  = { x = "1" }
  recipient = each.value
  text      = "Hi"
}

message "in_text" {
  recipient = "1"
  text      = "See ${message.a.id}" # ERROR 22-34: Message id is not known here: A message's id is known only once it is sent, and a plan holds every text before anything is sent. So it may stand as a reaction's message_id and in outputs, and nowhere else. To have one message sent after another, name it in depends_on.
}

message "in_local" {
  recipient = "1"
  text      = local.x
}

locals {
  x = message.a.id # ERROR 7-19: Message id is not known here: A message's id is known only once it is sent, and a plan holds every text before anything is sent. So it may stand as a reaction's message_id and in outputs, and nowhere else. To have one message sent after another, name it in depends_on.
}

reaction "r" {
  recipient  = "1"
  message_id = message.a # ERROR 16-25: Not a lone reference: message_id takes the message's id: write message.a.id.
}

reaction "computed" {
  recipient  = "1"
  message_id = "x${message.a.id}" # ERROR 16-34: Not a lone reference: message_id holds one reference and nothing around it, because the plan keeps it as a reference: message.NAME.id, or message.NAME[each.key].id where the message has for_each.
}

reaction "conditional" {
  recipient  = "1"
  message_id = true ? message.a.id : "x" # ERROR 16-41: Not a lone reference: message_id holds one reference and nothing around it, because the plan keeps it as a reference: message.NAME.id, or message.NAME[each.key].id where the message has for_each.
}

reaction "typo" {
  recipient  = "1"
  message_id = message.bb.id # ERROR 16-29: Unknown reference: No message bb is declared.
}

reaction "no_key" {
  recipient  = "1"
  message_id = message.all.id # ERROR 16-30: Missing key: message.all has for_each, so one of its messages is named with its key: message.all["KEY"].id, or message.all[each.key].id within a block that has the same keys.
}

reaction "key" {
  recipient  = "1"
  message_id = message.a["x"].id # ERROR 16-33: No for_each there: message.a has no for_each, so it is one message, without a key: write message.a.id.
}

reaction "attribute" {
  recipient  = "1"
  message_id = message.a.text # ERROR 16-30: Not a lone reference: A message has an id and nothing else: write message.a.id.
}

reaction "of_reaction" {
  recipient  = "1"
  message_id = reaction.r.id # ERROR 16-29: Reaction is not a value: Instagram gives a reaction no id, so there is nothing to refer to. It may be named in depends_on, moved and removed.
}

reaction "no_target" { # ERROR 1-21: Missing argument: A reaction belongs to a message: message_id = message.NAME.id for one that Herald sends, or the id of one that the person sent.
  recipient = "1"
}

output "reaction" {
  value = reaction.r # ERROR 11-21: Reaction is not a value: Instagram gives a reaction no id, so there is nothing to refer to. It may be named in depends_on, moved and removed.
}

output "attribute" {
  value = message.a.text # ERROR 11-25: Unknown attribute: A message has an id and nothing else: write message.a.id.
}

output "no_key" {
  value = message.all.id # ERROR 11-25: Missing key: message.all has for_each, so one of its messages is named with its key: message.all["KEY"].id.
}

output "key" {
  value = message.a["x"].id # ERROR 11-28: No for_each there: message.a has no for_each, so it is one message, without a key: message.a.id.
}

output "unknown" {
  value = message.aa.id # ERROR 11-24: Unknown reference: No message aa is declared. Did you mean message.a?
}

output "nothing" { # ERROR 1-17: Missing argument: An output block says what is shown: value = message.NAME.id, for example.
}
