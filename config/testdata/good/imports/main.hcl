account "shop" {
  ig_id = "17841405822304914"
}

variable "offer_id" {
  type    = string
  default = "aWdfZAG1faXRlbTo0"
}

variable "by_hand" {
  type    = map(string)
  default = {}
}

locals {
  sent = csvdecode(file("sent.csv"))
}

message "welcome" {
  for_each  = { for row in local.sent : row.name => row.igsid }
  recipient = each.value
  text      = "Hi ${each.key}"
}

message "offer" {
  recipient = "17841400000000003"
  text      = "Ten per cent"
}

message "late" {
  for_each  = toset(["é"])
  recipient = "17841400000000003"
  text      = each.key
}

import {
  for_each = local.sent
  to       = message.welcome[each.value.name]
  id       = each.value.message_id
}

import {
  to = message.offer
  id = var.offer_id
}

import {
  for_each = { "é" = "aWdfZAG1faXRlbTo5" }
  to       = message.late[each.key]
  id       = each.value
}

import {
  for_each = toset([])
  to       = message.offer
  id       = each.value
}

removed {
  from = reaction.thanks
  lifecycle {
    destroy = false
  }
}

removed {
  from = reaction.each["a b"]
}

import {
  for_each = var.by_hand
  to       = message.welcome[each.key]
  id       = each.value
}
