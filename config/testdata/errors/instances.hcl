account "shop" {
  ig_id = "17841405822304914"
}

message "all" {
  for_each  = { ana = "1", ben = "2" }
  recipient = each.value
  text      = "Hi"
}

message "after" {
  recipient  = "1"
  text       = "Hi"
  depends_on = [message.all["anna"]] # ERROR 17-36: Unknown instance: message.all has no instance message.all["anna"]: its for_each has no such key. Did you mean message.all["ana"]?
}

message "per_key" {
  for_each   = { ana = "1", bob = "2", carl = "2" }
  recipient  = each.value
  text       = "Hi"
  depends_on = [message.all[each.key]] # ERROR 17-38: Unknown instance: message.all has no instance message.all["bob"]: its for_each has no such key.
}

reaction "elsewhere" {
  recipient  = "2" # ERROR 16-19: Reaction outside of its conversation: reaction.elsewhere reacts to message.all["ana"], which has another recipient. A reaction is made in the conversation that its message is in: give both the same account and recipient.
  message_id = message.all["ana"].id
}

reaction "nobody" {
  recipient  = "2"
  message_id = message.all["zoe"].id # ERROR 16-37: Unknown instance: message.all has no instance message.all["zoe"]: its for_each has no such key.
}

moved { # ERROR 1-6: Moved and still declared: message.all["ben"] is moved to message.other["ben"] and is still declared: what is recorded of it would go with the move, and it would be sent again. Take out this block, or the declaration.
  from = message.all["ben"]
  to   = message.other["ben"]
}

moved { # ERROR 1-6: Moved and still declared: message.after is moved to message.later and is still declared: what is recorded of it would go with the move, and it would be sent again. Take out this block, or the declaration.
  from = message.after
  to   = message.later
}
