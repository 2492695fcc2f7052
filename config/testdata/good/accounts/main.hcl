account "shop" {
  ig_id = "17841405822304914"
}

account "press" {
  ig_id    = var.press
  endpoint = "https://graph.facebook.com"
}

variable "press" {
  default = "17841405822304915"
}

message "a" {
  account   = account.press
  recipient = "17841400000000001"
  text      = "Hi"
}

message "b" {
  for_each  = { ana = "shop", ben = "press" }
  account   = each.value
  recipient = "17841400000000002"
  text      = "Hi"
}

reaction "c" {
  account    = "press"
  recipient  = "17841400000000001"
  message_id = message.a.id
}
