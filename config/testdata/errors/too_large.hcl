account "shop" {
  ig_id = "17841405822304914"
}

locals {
  million = replace("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "x", format("%9999s", "x"))
  a       = join("", [for i in range(30) : local.million])
  b       = join("", [local.a, local.a]) # ERROR 13-18: Error in function call: Call to function "join" failed: the result is a text of more than 16,777,216 bytes, the most that a text may have.
  c       = "${local.a}${local.a}" # ERROR 13-35: Value is too large: The result is a text of more than 16,777,216 bytes, the most that a text may have.
  product = setproduct(range(101), range(100), range(100)) # ERROR 13-24: Error in function call: Call to function "setproduct" failed: the result has more than 1,000,000 elements, the most that it may have.
  power   = pow(10, 100000) # ERROR 13-17: Error in function call: Call to function "pow" failed: the number is too large: a number has at most 10,000 digits before or behind the decimal point.
  number  = 1e9999 * 1e9999 # ERROR 13-28: Value is too large: The number is too large: a number has at most 10,000 digits before or behind the decimal point.
  text    = tonumber("1e99999999") # ERROR 23-33: Invalid function argument: Invalid value for "v" parameter: the number is too large: a number has at most 10,000 digits before or behind the decimal point.
  int     = parseint(local.million, 36) # ERROR 22-35: Invalid function argument: Invalid value for "number" parameter: the number is too large: a number has at most 10,000 digits before or behind the decimal point.
  json    = jsonencode([for i in range(100) : local.a]) # ERROR 13-24: Error in function call: Call to function "jsonencode" failed: the result is a text of more than 16,777,216 bytes, the most that a text may have.
  wide    = format("%9999999999999s", "x") # ERROR 21-36: Invalid function argument: Invalid value for "format" parameter: a width or precision in it is larger than 10,000.
  precise = format("%.99999f", 1) # ERROR 21-29: Invalid function argument: Invalid value for "format" parameter: a width or precision in it is larger than 10,000.
  digits  = format("%999999999d", 1) # ERROR 21-32: Invalid function argument: Invalid value for "format" parameter: a width or precision in it is larger than 10,000.
  percent = format("%d%% of 99999 people", 1)
  list2   = formatlist("%9999s", range(1000))
  list3   = formatlist(join("", [for i in range(100) : "%9999s"]), range(1000)) # ERROR 13-24: Error in function call: Call to function "formatlist" failed: the texts of the result have more than 536,870,912 bytes together, the most that they may have.
  indents = indent(16000000, "a\nb\nc") # ERROR 13-20: Error in function call: Call to function "indent" failed: the result is a text of more than 16,777,216 bytes, the most that a text may have.
  regex   = replace(substr(local.million, 0, 2000), "/(.)/", format("%9999s$1", "x")) # ERROR 13-21: Error in function call: Call to function "replace" failed: the result is a text of more than 16,777,216 bytes, the most that a text may have.
}
