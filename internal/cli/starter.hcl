# What should have been sent. "herald plan" shows what has not been sent yet,
# "herald apply" sends it; what was sent once is never sent again.
#
# To try it without an account, on a local Instagram:
#
#   herald apply -sandbox

# The account to send from: its id is user_id of GET /me. The token stays out
# of the files; it is read from the environment variable HERALD_TOKEN.
account "main" {
  ig_id = "17841400000000000"
}

# A message. The recipient is the Instagram-scoped id of a person who has
# written to the account within the last 24 hours. The text takes 1,000 bytes.
message "welcome" {
  recipient = "6101234567890123"
  text      = "Hi! Thank you for writing to us."
}

# Instead of text: link, image, audio, video, sticker = "like_heart", or post.
message "heart" {
  recipient = "6101234567890123"
  sticker   = "like_heart"
}

# A reaction to a message. Remove the block, and it is taken back.
reaction "love" {
  recipient  = "6101234567890123"
  message_id = message.welcome.id
}
