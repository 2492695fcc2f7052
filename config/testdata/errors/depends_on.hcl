account "shop" {
  ig_id = "17841405822304914"
}

message "a" {
  recipient  = "1"
  text       = "Hi"
  depends_on = [message.a] # ERROR 17-26: Block depends on itself: message.a would have to wait for itself. Within one conversation the instances of a block are sent in the order of their keys, without being told.
}

message "b" {
  recipient  = "1"
  text       = "Hi"
  depends_on = message.a # ERROR 16-25: Invalid dependency: depends_on is a list of blocks or instances, without quotes: [message.first, message.welcome["ana"]].
}

message "c" {
  recipient  = "1"
  text       = "Hi"
  depends_on = ["message.a", message.a.id, message.aa, reaction.a, message.a["x"], var.x] # ERROR 17-28: Invalid dependency: This is neither a message nor a reaction. depends_on is a list of blocks or instances, without quotes: [message.first, message.welcome["ana"]]. # ERROR 30-42: Invalid dependency: A dependency is on the block or instance, not on what it has: write message.a. # ERROR 44-54: Unknown reference: No message aa is declared. Did you mean message.a? # ERROR 56-66: Unknown reference: No reaction a is declared. There is a message of that name: message.a. # ERROR 68-82: No for_each there: message.a has no for_each, so it is one message, without a key: write message.a. # ERROR 84-89: Invalid dependency: This is neither a message nor a reaction. depends_on is a list of blocks or instances, without quotes: [message.first, message.welcome["ana"]].
}
