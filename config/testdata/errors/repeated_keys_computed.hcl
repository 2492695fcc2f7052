account "shop" {
  ig_id = "17841405822304914"
}

locals {
  a = "ana"
  b = "ana"
}

message "keys" {
  for_each  = { (local.a) = "1001", "${local.b}" = "1002", ana = "1003" } # ERROR 37-49: Key is given twice: This map has the key already, on line 11. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own. # ERROR 60-63: Key is given twice: This map has the key already, on line 11. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
  recipient = each.value
  text      = "Hi"
}

message "within" {
  for_each  = merge({ x = "1" }, { (local.a) = "1001", "an${"a"}" = "1002" }) # ERROR 56-66: Key is given twice: This map has the key already, on line 17. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
  recipient = each.value
  text      = "Hi"
}

message "zipmap" {
  for_each  = zipmap(["ana", "ana"], ["1001", "1002"]) # ERROR 22-23: Invalid function argument: Invalid value for "keys" parameter: a key is given twice, so that one of the two values would be lost.
  recipient = each.value
  text      = "Hi"
}
