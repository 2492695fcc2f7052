account "shop" {
  ig_id = "17841405822304914"
}

message "names" {
  for_each  = { ana = "1001", ben = "1003", ana = "1002" } # ERROR 45-48: Key is given twice: This map has the key already, on line 6. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
  recipient = each.value
  text      = "Hi"
}

message "quoted" {
  for_each = {
    ana     = "1001"
    "ana"   = "1002" # ERROR 5-10: Key is given twice: This map has the key already, on line 13. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
    ("ana") = "1003" # ERROR 5-12: Key is given twice: This map has the key already, on line 13. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
    "é"     = "1004"
    "é"    = "1005" # ERROR 5-8: Key is given twice: This map has the key already, on line 16. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
    1       = "1006"
    "1"     = "1007" # ERROR 5-8: Key is given twice: This map has the key already, on line 18. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
    true    = "1008"
    "true"  = "1009" # ERROR 5-11: Key is given twice: This map has the key already, on line 20. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
  }
  recipient = each.value
  text      = "Hi"
}

locals {
  inner = [for n in ["a"] : merge({ x = n, y = n }, { people = { ana = 1, ana = 2 } })] # ERROR 75-78: Key is given twice: This map has the key already, on line 28. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
}

variable "people" {
  default = { ana = "1", ana = "2" } # ERROR 26-29: Key is given twice: This map has the key already, on line 32. Only the last of the two would count, and the other would be lost without a word: one of two people, perhaps. Give each a key of its own.
}
