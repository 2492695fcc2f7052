# Two messages to each of two people, and a heart on a picture.
#
#   herald plan  -sandbox     what would be sent
#   herald apply -sandbox     send it, to a local Instagram
#
# Without -sandbox the same files go to the real one: put your account's id
# below, the people's ids into the variable, and your token into HERALD_TOKEN.

account "shop" {
  ig_id = "17841405822304914"
}

variable "customers" {
  description = "Who is written to: a name of your own, and the person's Instagram-scoped id."
  type        = map(object({ igsid = string, first_name = string }))
  default = {
    ana = { igsid = "6101234567890123", first_name = "Ana" }
    ben = { igsid = "6109876543210987", first_name = "Ben" }
  }
}

message "welcome" {
  for_each  = var.customers
  recipient = each.value.igsid
  text      = "Hi ${each.value.first_name}, your order is on its way. 📦"
}

message "track" {
  for_each  = var.customers
  recipient = each.value.igsid
  link      = "https://shop.example.com/track?customer=${urlencode(each.key)}"
}

message "parcel" {
  recipient  = var.customers["ana"].igsid
  image      = "https://cdn.example.com/parcel.gif"
  depends_on = [message.track["ana"]]
}

reaction "heart" {
  recipient  = var.customers["ana"].igsid
  message_id = message.parcel.id
}

output "parcel_id" {
  description = "The id of the picture, as Instagram knows it."
  value       = message.parcel.id
}
