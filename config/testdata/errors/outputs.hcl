account "shop" {
  ig_id = "17841405822304914"
}

message "a" {
  recipient = "1"
  text      = "Hi"
}

message "b" {
  for_each  = { x = "1", y = "2" }
  recipient = each.value
  text      = "Hi"
}

locals {
  secret = sensitive("x")
}

output "upper" {
  value = upper(message.a.id) # ERROR 11-30: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "lower" {
  value = lower(message.a.id) # ERROR 11-30: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "title" {
  value = title(message.a.id) # ERROR 11-30: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "length" {
  value = length(message.a.id) # ERROR 11-31: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "cut" {
  value = substr(message.a.id, 0, 5) # ERROR 11-37: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "hash" {
  value = sha256(message.a.id) # ERROR 11-31: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "sorted" {
  value = sort([for m in message.b : m.id]) # ERROR 11-44: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}

output "reversed" {
  value = strrev(message.a.id) # ERROR 11-31: Message id is not known here: Something is computed from a message's id, which is known only once the message is sent: an output is laid out when the plan is made, and the ids are put in later. Ids may be placed in strings, lists and maps, and chosen by what is known; they may not be compared, cut, sorted, hashed or changed.
}


output "key" {
  value = message.b["z"].id # ERROR 11-28: Unknown instance: message.b has no instance message.b["z"]: its for_each has no such key.
}

output "secret" {
  value = local.secret # ERROR 11-23: Sensitive output: The value comes from a sensitive one, and an output is shown at the end of every apply. Say sensitive = true to have it left out there, or wrap what is no secret: nonsensitive(…).
}

output "private" {
  value = "\ue000message.a\ue001" # ERROR 11-34: Private-use character: The value holds one of the characters U+E000 and U+E001, which stand for message ids within an output. Take it out.
}
