account "shop" {
  ig_id = "17841405822304914"
}

variable "secret" {
  type      = string
  default   = "aWdfZAG1faXRlbTox"
  sensitive = true
}

locals {
  nothing = null
}

message "a" {
  recipient = "1"
  text      = "Hi"
}

message "b" {
  recipient = "1"
  text      = "Ho"
}

message "all" {
  for_each  = { ana = "1", ben = "2", cem = "3" }
  recipient = each.value
  text      = "Hi"
}

import {
  to = message.a
  id = var.secret # ERROR 8-18: Sensitive value: id stands in every plan and in the record, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).
}

import {
  to = message.a
  id = local.nothing # ERROR 8-21: No message id: The id is null. It is the id that Instagram gave the message when it was sent, a string of about 160 characters.
}

import {
  to = message.a
  id = 17841405822304914 # ERROR 8-25: Message id is a number: A message id is a string, in quotes: as a number it could lose digits, and another id is another message.
}

import {
  to = message.a
  id = ["aWdfZAG1faXRlbTox"] # ERROR 8-29: Wrong type of argument: id is a string, and this is a tuple.
}

import {
  to = message.a
  id = "" # ERROR 8-10: Message id is empty: A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this is an empty string.
}

import {
  to = message.a
  id = "aWdfZAG1 faXRlbTox" # ERROR 8-28: Invalid message id: A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this one holds a blank, a line break or another character that is never part of one. Copy it again; trimspace(…) takes away what surrounds it.
}

import {
  to = message.a
  id = "aWdfZAG1faXRlbTox\n" # ERROR 8-29: Invalid message id: A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this one holds a blank, a line break or another character that is never part of one. Copy it again; trimspace(…) takes away what surrounds it.
}

import {
  to = message.a
  id = "aWdfZAG1\u202efaXRlbTox" # ERROR 8-33: Invalid message id: A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this one holds a blank, a line break or another character that is never part of one. Copy it again; trimspace(…) takes away what surrounds it.
}

import {
  to = message.a
  id = join("", [for i in range(103) : "0123456789"]) # ERROR 8-54: Message id is too long: A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this has 1,030 bytes. Copy the id alone.
}

import {
  to = message.a
  id = "aWdfZAG1faXRlbTox"
}

import { # ERROR 1-7: Imported twice: message.a is imported already, at main.hcl:76. A message was sent under one id: take out one of the two.
  to = message.a
  id = "aWdfZAG1faXRlbToy"
}

import { # ERROR 1-7: One id for two messages: message.b is imported under the id that message.a has, at main.hcl:76. Instagram gives every message an id of its own: look again which of the two it belongs to.
  to = message.b
  id = "aWdfZAG1faXRlbTox"
}

import {
  to = message.all["zoe"] # ERROR 8-26: Unknown instance: message.all has no instance message.all["zoe"]: its for_each has no such key.
  id = "aWdfZAG1faXRlbToz"
}

import {
  for_each = { ana = "", zoe = "aWdfZAG1faXRlbTo1", ben = "", cem = "" }
  to       = message.all[each.key] # ERROR 14-35: Unknown instance: message.all has no instance message.all["zoe"]: its for_each has no such key. The element is "zoe".
  id       = each.value # ERROR 14-24: Message id is empty: A message id is one long word, as the Conversations API and webhooks give it (about 160 characters), and this is an empty string. The element is "ana", and 2 others have the same problem.
}

import {
  for_each = [{ key = "x", id = "aWdfZAG1faXRlbTo1" }, { key = null, id = 2 }]
  to       = message.all[each.value.key] # ERROR 14-41: Unknown instance: message.all has no instance message.all["x"]: its for_each has no such key. The element is number 0, counted from 0. # ERROR 14-41: Invalid key: A key is a string, and this is not a key: it is null. The element is number 1, counted from 0.
  id       = each.value.id # ERROR 14-27: Message id is a number: A message id is a string, in quotes: as a number it could lose digits, and another id is another message. The element is number 1, counted from 0.
}

import {
  for_each = "ana" # ERROR 14-19: Wrong type of for_each: for_each takes a map, or a set of strings, and this is a string.
  to       = message.all[each.key]
  id       = "aWdfZAG1faXRlbTo1"
}

import {
  for_each = local.nothing # ERROR 14-27: Null for_each: for_each is a map or a set of strings, and this is null. For no instances at all give an empty map, {}.
  to       = message.all[each.key]
  id       = "aWdfZAG1faXRlbTo1"
}

import {
  for_each = { ana = var.secret }
  to       = message.all[each.value] # ERROR 14-37: Invalid key: A key is a string, and this is not a key: it comes from a sensitive value, and keys stand in every plan. The element is "ana".
  id       = "aWdfZAG1faXRlbTo1"
}

import { # ERROR 1-7: One id for two messages: message.all["ben"] is imported under the id that message.all["ana"] has, at main.hcl:126. Instagram gives every message an id of its own: look again which of the two it belongs to. The element is "ben".
  for_each = toset(["ana", "ben"])
  to       = message.all[each.key]
  id       = "aWdfZAG1faXRlbTo2"
}
