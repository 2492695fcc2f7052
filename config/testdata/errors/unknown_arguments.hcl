account "shop" {
  ig_id = "17841405822304914"
}

message "a" {
  recipient = "1"
  txt       = "Hi" # ERROR 3-6: Unknown argument: A message block has no argument txt. Did you mean text?
  text      = "Hi"
}

message "b" { # ERROR 1-12: Missing argument: A message goes to a person: recipient = "…", the person's Instagram-scoped id, a string of digits. # ERROR 1-12: No content: A message needs something to send: exactly one of text, link, image, audio, video, sticker or post.
  to   = "1" # ERROR 3-5: Unknown argument: The person is given by recipient: their Instagram-scoped id, a string of digits.
  body = "Hi" # ERROR 3-7: Unknown argument: What a message says is given by text.
}

message "c" {
  count     = 2 # ERROR 3-8: No count: Herald has no count: its instances are told apart by their number, so that taking one out renumbers the rest, and people would be sent each other's messages. Use for_each, with a key that stays with the person: for_each = { ana = "17841400000000001" }.
  recipient = "1"
  text      = "Hi"
}

message "d" {
  recipient = "1"
  text      = "Hi"

  lifecycle = "x" # ERROR 3-12: Unknown argument: lifecycle is a block, not an argument: write lifecycle { … } without the equals sign.
}

message "e" {
  recipient = "1"
  text      = "Hi"
  account {} # ERROR 3-10: Unknown block: account is an argument, not a block: write account = … with an equals sign.
  lifecycel {} # ERROR 3-12: Unknown block: There is no block of type lifecycel here. Did you mean lifecycle?
  lifecycle {
    on_edti        = "error" # ERROR 5-12: Unknown argument: A lifecycle block has no argument on_edti. Did you mean on_edit?
    ignore_changes = [] # ERROR 5-19: Unknown argument: A message that was sent stays as it was sent, whatever is edited later; on_edit = "error" makes an edit an error.
  }
  lifecycle { # ERROR 3-12: Repeated block: This block has a lifecycle block already; it may have one. Put the arguments of both into one.
    on_edit = "error"
  }
}

reaction "r" { # ERROR 1-13: Missing argument: A reaction belongs to a message: message_id = message.NAME.id for one that Herald sends, or the id of one that the person sent.
  recipient = "1"
  message   = message.a.id # ERROR 3-10: Unknown argument: The message that is reacted to is given by message_id, as in message_id = message.welcome.id.
  emoji     = "love" # ERROR 3-8: Unknown argument: The kind of reaction is given by reaction; version 24.0 of the API knows "love".
}

herald {
  backend "s3" { # ERROR 3-10: Unknown block: Where the record is kept is said by a state block: state "s3" { … }.
  }
  required_versions = ">= 1" # ERROR 3-20: Unknown argument: A herald block has no argument required_versions. Did you mean required_version?
  limits {
    max_sent = 3 # ERROR 5-13: Unknown argument: A limits block has no argument max_sent. Did you mean max_sends?
  }
}

herald { # ERROR 1-7: Repeated block: A configuration has one herald block, and there is another at main.hcl:49. Put the arguments of both into one.
}
