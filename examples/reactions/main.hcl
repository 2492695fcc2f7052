# A reaction is an object: declared it stands, removed from the files it is
# taken back, as often as you like. Remove the block "thanks" after an apply,
# and the next one unreacts.

account "shop" {
  ig_id = "17841405822304914"
}

variable "question" {
  description = "The id of a message that the person sent, as a webhook or the Conversations API gives it."
  type        = string
  default     = null
}

message "answer" {
  recipient = "6101234567890123"
  text      = "Yes, we ship to Lisbon."
}

# On a message of our own: by reference. It waits until that is sent.
reaction "thanks" {
  recipient  = "6101234567890123"
  message_id = message.answer.id
}

# On a message of the person's: by its id.
reaction "seen" {
  for_each   = var.question == null ? [] : toset([var.question])
  recipient  = "6101234567890123"
  message_id = each.value
  reaction   = "love"
}
