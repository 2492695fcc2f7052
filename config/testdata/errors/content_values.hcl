account "shop" {
  ig_id = "17841405822304914"
}

locals {
  nothing = null
  long    = join("", [for i in range(607) : "xx"])
  secret  = sensitive("psst")
}

message "empty" {
  recipient = "1"
  text      = "  " # ERROR 15-19: Text is empty: There is nothing in this text for the recipient to read, and Instagram refuses an empty message.
}

message "long" {
  recipient = "1"
  text      = local.long # ERROR 15-25: Text is too long: The text is 1,214 bytes; Instagram takes 1,000. Letters beyond ASCII and emoji have two to four bytes each. Shorten it, or send it as two messages.
}

message "list" {
  recipient = "1"
  text      = ["a"] # ERROR 15-20: Wrong type of argument: text is a string, and this is a tuple.
}

message "nothing" { # ERROR 1-18: No content: A message needs something to send, and what this one has is null. Exactly one of text, link, image, audio, video, sticker or post has a value.
  recipient = "1"
  text      = local.nothing
}

message "both" {
  recipient = "1"
  text      = upper("a")
  image     = "https://example.com/${upper("a")}.png" # ERROR 3-8: Two kinds of content: A message holds one thing, and this one has text and image. Send them as two messages, or make all but one null.
}

message "bad_url" {
  recipient = "1"
  link      = "example.com" # ERROR 15-28: Invalid URL: The link is not a URL that Instagram takes: it has no scheme. Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path.
}

message "bad_host" {
  recipient = "1"
  image     = "https:///a.png" # ERROR 15-31: Invalid URL: The image is not a URL that Instagram takes: it has no host. Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path.
}

message "webp" {
  recipient = "1"
  image     = "https://example.com/a.webp" # ERROR 15-43: Wrong type of file: The image is a .webp file; Instagram takes png, jpeg and gif, at most 8 MB.
}

message "ftp" {
  recipient = "1"
  video     = "ftp://example.com/a.mp4" # ERROR 15-40: Invalid URL: The video is not a URL that Instagram takes: its scheme is neither http nor https. Give an absolute URL that begins with https:// (or http://), as in https://www.example.com/path.
}

message "sticker" {
  recipient = "1"
  sticker   = "like" # ERROR 15-21: Unknown sticker: Instagram knows one sticker, "like_heart".
}

message "post" {
  recipient = "1"
  post      = "DAbc123" # ERROR 15-24: Invalid post: A post is given by its id, a string of digits, as GET /<IG_ID>/media lists it; the link or short code of a post is something else.
}

reaction "wow" {
  recipient  = "1"
  message_id = "aWdf"
  reaction   = "wow" # ERROR 16-21: Unknown reaction: Version 24.0 of the API knows one reaction, "love".
}

reaction "empty" {
  recipient  = "1"
  message_id = "" # ERROR 16-18: Message id is empty: message_id is an empty string. It is message.NAME.id, or the id of a message that the person sent.
}

reaction "nothing" {
  recipient  = "1"
  message_id = local.nothing # ERROR 16-29: No message id: message_id is null. It is message.NAME.id, or the id of a message that the person sent.
}

reaction "secret" {
  recipient  = "1"
  message_id = local.secret # ERROR 16-28: Sensitive value: message_id stands in every plan and in the record, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).
}

message "revision" {
  recipient = "1"
  text      = "Hi"
  revision  = 0 # ERROR 15-16: Invalid number: revision is a whole number from 1.
}

message "half" {
  recipient = "1"
  text      = "Hi"
  revision  = 1.5 # ERROR 15-18: Invalid number: revision is a whole number from 1.
}

message "lifecycle" {
  recipient = "1"
  text      = "Hi"
  lifecycle {
    on_edit         = "eror" # ERROR 23-29: Unknown value: on_edit is "keep" or "error". Did you mean error?
    on_in_doubt     = "resend" # ERROR 23-31: Unknown value: on_in_doubt is "settle" or "hold".
    allow_duplicate = "yes" # ERROR 23-28: Wrong type of argument: allow_duplicate is true or false.
  }
}
