# All kinds of content, in one conversation.
message "text" {
  recipient = local.people["ana"]
  text      = <<-EOT
    ${local.later} Ana,
      your order is 100% ready.
  EOT
  revision  = 2
}

message "link" {
  recipient = local.people.ana
  link      = "https://example.com/orders?id=1"
}

message "image" {
  recipient = local.people.ana
  image     = "https://cdn.example.com/parcel.gif"
}

message "audio" {
  recipient = local.people.ana
  audio     = "https://cdn.example.com/hello.m4a"
}

message "video" {
  recipient = local.people.ana
  video     = "https://cdn.example.com/hello.mp4"
}

message "sticker" {
  recipient = local.people.ana
  sticker   = "like_heart"

  lifecycle {
    on_edit         = "error"
    on_in_doubt     = "hold"
    allow_duplicate = true
  }
}

message "post" {
  recipient = local.people.ana
  post      = "17900000000000001"
  account   = "shop"
}

message "people" {
  for_each   = local.people
  recipient  = each.value
  text       = each.key == "ana" ? "Hi Ana" : "Hello ${title(each.key)}"
  depends_on = [message.text, message.set]
  account    = account.shop
}

message "set" {
  for_each  = toset(["x", "a b", "é"])
  recipient = "17841400000000003"
  text      = "${each.key}${each.value}"
}

message "either" {
  for_each  = { sticker = true, text = false }
  recipient = "17841400000000003"
  sticker   = each.value ? "like_heart" : null
  text      = each.value ? null : "No sticker"
}

message "nobody" {
  for_each  = {}
  recipient = each.value
  text      = "Hi"
}

reaction "of_ours" {
  recipient  = local.people.ana
  message_id = message.text.id
}

reaction "of_theirs" {
  recipient  = local.people.ana
  message_id = "aWdfZAG1faXRlbTox"
  reaction   = "love"
  depends_on = [reaction.of_ours]
}

reaction "of_each" {
  for_each   = local.people
  recipient  = each.value
  message_id = message.people[each.key].id
}

reaction "of_one" {
  recipient  = local.people.ben
  message_id = message.people["ben"].id
}

output "id" {
  description = "The id of the first message."
  value       = message.text.id
}

output "all" {
  value = {
    ids    = { for key, m in message.people : key => m.id }
    list   = [for m in values(message.people) : "id: ${m.id}"]
    whole  = message.people
    json   = jsonencode(message.people["ana"])
    first  = true ? message.text.id : message.link.id
    number = 17841400000000001
    none   = null
  }
}

output "empty" {
  value = message.nobody
}
