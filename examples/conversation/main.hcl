# One conversation that holds all seven kinds of message. They are sent in the
# order in which they stand here, each after the one before was accepted.

account "shop" {
  ig_id = "17841405822304914"
}

locals {
  person = "6101234567890123"
  cdn    = "https://cdn.example.com"
}

message "greeting" {
  recipient = local.person
  text = chomp(<<-EOT
    Hi Ana,
    thank you for your order! Here is how it came about.
  EOT
  )
}

message "shop" {
  recipient = local.person
  link      = "https://shop.example.com/orders/1042"
}

message "picture" {
  recipient = local.person
  image     = "${local.cdn}/wrapping.gif"
}

message "sound" {
  recipient = local.person
  audio     = "${local.cdn}/thank-you.m4a"
}

message "film" {
  recipient = local.person
  video     = "${local.cdn}/workshop.mp4"
}

message "post" {
  recipient = local.person
  post      = "17918195224117851"
}

message "heart" {
  recipient = local.person
  sticker   = "like_heart"
}
