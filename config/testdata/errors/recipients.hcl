account "shop" {
  ig_id = "17841405822304914"
}

locals {
  nothing = null
  secret  = sensitive("17841400000000001")
}

message "number" {
  recipient = 17841400000000001 # ERROR 15-32: Recipient is a number: A recipient is a string of digits, in quotes: "17841400000000001". An id has more digits than many programs keep of a number, and one wrong digit is another person.
  text      = "Hi"
}

message "empty" {
  recipient = "" # ERROR 15-17: Recipient is empty: The recipient is an empty string. It is the person's Instagram-scoped id, a string of digits.
  text      = "Hi"
}

message "name" {
  recipient = "@ana" # ERROR 15-21: Invalid recipient: A recipient is the person's Instagram-scoped id: a string of digits and nothing else, as in "17841400000000001". A user name, or an id with blanks around it, reaches nobody.
  text      = "Hi"
}

message "blank" {
  recipient = "17841400000000001 " # ERROR 15-35: Invalid recipient: A recipient is the person's Instagram-scoped id: a string of digits and nothing else, as in "17841400000000001". A user name, or an id with blanks around it, reaches nobody.
  text      = "Hi"
}

message "null" {
  recipient = local.nothing # ERROR 15-28: No recipient: The recipient is null. It is the person's Instagram-scoped id, a string of digits.
  text      = "Hi"
}

message "list" {
  recipient = ["17841400000000001"] # ERROR 15-36: Wrong type of argument: recipient is a string of digits, the person's Instagram-scoped id, and this is a tuple.
  text      = "Hi"
}

message "secret" {
  recipient = local.secret # ERROR 15-27: Sensitive value: recipient stands in every plan and in the record, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).
  text      = "Hi"
}

message "zero" {
  recipient = "017841400000000001" # ERROR 15-35: Invalid recipient: This id begins with a zero, and no id of Instagram does: with and without it two people would seem to be meant, and each be sent to. Take the zero off, or see what has put it there, such as a column of fixed width.
  text      = "Hi"
}
