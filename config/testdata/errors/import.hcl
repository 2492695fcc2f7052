account "shop" {
  ig_id = "17841405822304914"
}

variable "key" {
  type = string
}

message "a" {
  recipient = "1"
  text      = "Hi"
}

message "all" {
  for_each  = { ana = "1" }
  recipient = each.value
  text      = "Hi"
}

reaction "love" {
  recipient  = "1"
  message_id = message.a.id
}

import { # ERROR 1-7: Missing argument: An import block says which message was sent by hand, and under which id: to = message.welcome and id = "…". to is missing.
  id = "aWdfZAG1faXRlbTox"
}

import { # ERROR 1-7: Missing argument: An import block says which message was sent by hand, and under which id: to = message.welcome and id = "…". id is missing; the Conversations API and webhooks give it.
  to = message.a
}

import {
  to = "message.a" # ERROR 8-19: Invalid address: To is the address of a message, without quotes around it: message.welcome, or message.welcome["ana"] for one instance. Where the import has for_each, the key may be each.key.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.a.id # ERROR 8-20: Invalid address: To is the address of a message, without quotes around it: message.welcome, or message.welcome["ana"] for one instance. Where the import has for_each, the key may be each.key.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = reaction.love # ERROR 8-21: Reaction needs no import: To react twice changes nothing: Instagram keeps one reaction of an account on a message. So declare the reaction, and the next apply makes it Herald's. Take out this import block.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.b # ERROR 8-17: Unknown reference: No message b is declared. An import says under which id a message was sent, and the message's own block to whom it went and what it said: declare it as it was sent, or take out this import.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.al["ana"] # ERROR 8-25: Unknown reference: No message al is declared. Did you mean message.a? An import says under which id a message was sent, and the message's own block to whom it went and what it said: declare it as it was sent, or take out this import.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.all # ERROR 8-19: Missing key: message.all has for_each, so one of its messages is named with its key: message.all["KEY"], or message.all[each.key] in an import with for_each.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.a["ana"] # ERROR 8-24: No for_each there: message.a has no for_each, so it is one message, without a key: write message.a.
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.all[each.key] # ERROR 20-28: No for_each here: each.key and each.value are those of the instance in a block with for_each, and this is not within one.
  id = each.value # ERROR 8-18: No for_each here: each.key and each.value are those of the instance in a block with for_each, and this is not within one.
}

import {
  for_each = each.value # ERROR 14-24: No for_each here: each.key and each.value are those of the instance in a block with for_each, and this is not within one. for_each itself is evaluated before there are instances.
  to       = message.all[var.keys] # ERROR 26-34: Unknown reference: No variable keys is declared. Did you mean var.key?
  id       = message.a.id # ERROR 14-26: Message id is not known here: A message's id is known only once it is sent, and a plan holds every text before anything is sent. So it may stand as a reaction's message_id and in outputs, and nowhere else. To have one message sent after another, name it in depends_on.
}

import {
  to        = message.a
  id        = "aWdfZAG1faXRlbTox"
  recipient = "1" # ERROR 3-12: Unknown argument: An import gives a message's id and nothing else: what it said, to whom and from which account, stands in the message's own block.
  count     = 1 # ERROR 3-8: No count: An import block has no count; it repeats by for_each, over a map, a set or a list: for_each = csvdecode(file("sent.csv")).
}
