account "shop" {
  ig_id = "17841405822304914"
}

message "none" { # ERROR 1-15: No content: A message needs something to send: exactly one of text, link, image, audio, video, sticker or post.
  recipient = "1"
}

message "two" {
  recipient = "1"
  text      = "Hi"
  image     = "https://example.com/a.png" # ERROR 3-8: Two kinds of content: A message holds one thing, and this one has text and image. Send them as two messages; in one conversation they arrive in the order of the file.
}

message "null" { # ERROR 1-15: No content: A message needs something to send: exactly one of text, link, image, audio, video, sticker or post.
  recipient = "1"
  text      = null
}

message "nobody" { # ERROR 1-17: Missing argument: A message goes to a person: recipient = "…", the person's Instagram-scoped id, a string of digits.
  text = "Hi"
}

message "three" {
  recipient = "1"
  link      = "https://example.com"
  sticker   = "like_heart" # ERROR 3-10: Two kinds of content: A message holds one thing, and this one has link and sticker. Send them as two messages; in one conversation they arrive in the order of the file.
  post      = "1" # ERROR 3-7: Two kinds of content: A message holds one thing, and this one has link and post. Send them as two messages; in one conversation they arrive in the order of the file.
}
