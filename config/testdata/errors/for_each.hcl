account "shop" {
  ig_id = "17841405822304914"
}

locals {
  nothing = null
  secret  = sensitive({ a = "1" })
  people  = [{ igsid = "1" }]
}

message "list" {
  for_each  = ["1", "2"] # ERROR 15-25: Wrong type of for_each: for_each takes a map, or a set of strings, and this is a tuple: its elements are told apart by their number, which another one inherits when one is taken out. For strings write toset(…); for objects make a map with a key that stays with the person: { for p in … : p.igsid => p }.
  recipient = "1"
  text      = "Hi"
}

message "objects" {
  for_each  = tolist(local.people) # ERROR 15-35: Wrong type of for_each: for_each takes a map, or a set of strings, and this is a list: its elements are told apart by their number, which another one inherits when one is taken out. For strings write toset(…); for objects make a map with a key that stays with the person: { for p in … : p.igsid => p }.
  recipient = "1"
  text      = "Hi"
}

message "string" {
  for_each  = "1" # ERROR 15-18: Wrong type of for_each: for_each takes a map, or a set of strings, and this is a string.
  recipient = "1"
  text      = "Hi"
}

message "null" {
  for_each  = local.nothing # ERROR 15-28: Null for_each: for_each is a map or a set of strings, and this is null. For no instances at all give an empty map, {}.
  recipient = "1"
  text      = "Hi"
}

message "numbers" {
  for_each  = toset([1, 2]) # ERROR 15-28: Wrong type of for_each: for_each takes a map, or a set of strings, and this is a set of number. The elements of a set are the keys, so they are strings.
  recipient = "1"
  text      = "Hi"
}

message "null_in_set" {
  for_each  = toset(["1", null]) # ERROR 15-33: Null in for_each: The set holds null, which is no key. Take it out.
  recipient = "1"
  text      = "Hi"
}

message "secret" {
  for_each  = local.secret # ERROR 15-27: Sensitive for_each: The keys of for_each stand in addresses, which every plan and the record show, so they cannot come from a sensitive value. Only the elements may be sensitive: build the map from keys that are no secret, or say nonsensitive(…) if none of it is one.
  recipient = "1"
  text      = "Hi"
}

message "secret_set" {
  for_each  = toset([sensitive("1")]) # ERROR 15-38: Sensitive for_each: The keys of for_each stand in addresses, which every plan and the record show, so they cannot come from a sensitive value. Only the elements may be sensitive: build the map from keys that are no secret, or say nonsensitive(…) if none of it is one.
  recipient = "1"
  text      = "Hi"
}

message "element" {
  for_each  = { a = { igsid = "x1", nam = "A" }, b = { igsid = "x2", nam = "B" }, c = { igsid = "x3", nam = "C" } }
  recipient = each.value.igsid # ERROR 15-31: Invalid recipient: A recipient is the person's Instagram-scoped id: a string of digits and nothing else, as in "17841400000000001". A user name, or an id with blanks around it, reaches nobody. The instance is message.element["a"], and 2 others have the same problem.
  text      = "Hi ${each.value.name}" # ERROR 31-36: Unknown attribute: This object does not have an attribute named "name". Did you mean nam? The instance is message.element["a"], and 2 others have the same problem.
}

message "two" {
  for_each  = { a = "", b = "" }
  recipient = each.value # ERROR 15-25: Recipient is empty: The recipient is an empty string. It is the person's Instagram-scoped id, a string of digits. The instance is message.two["a"], and another one has the same problem.
  text      = "Hi"
}
