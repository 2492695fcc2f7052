account "shop" {
  ig_id = "17841405822304914"
}

locals {
  person = { name = "Ana", igsid = "1" }
  number = 1 + "x" # ERROR 16-19: Invalid operand: Unsuitable value for right operand: a number is required.
  attr   = local.person.nam # ERROR 24-28: Unknown attribute: This object does not have an attribute named "nam". Did you mean name?
  index  = local.person["nam"] # ERROR 24-31: Invalid index: There is no element with this key.
  call   = upper() # ERROR 18-19: Not enough function arguments: Function "upper" expects 1 argument(s). Missing value for "str".
  many   = upper("a", "b") # ERROR 24-25: Too many function arguments: Function "upper" expects only 1 argument(s).
  arg    = upper(["a"]) # ERROR 18-19: Invalid function argument: Invalid value for "str" parameter: string required, but have tuple.
  json   = jsondecode("{\"a\": 1, \"a\": 2}") # ERROR 24-44: Invalid function argument: Invalid value for "str" parameter: a name occurs twice in one object, so that one of the two values would be lost (line 1 of the text).
  nfc    = jsondecode("{\"\u00e9\": 1, \"e\u0301\": 2}") # ERROR 24-55: Invalid function argument: Invalid value for "str" parameter: a name occurs twice in one object, so that one of the two values would be lost (line 1 of the text).
  secret = parseint(sensitive("geheim"), 10) # ERROR 21-31: Invalid function argument: This fails for a value that is sensitive, so what there is to say of it is not shown.
  ok     = { for k in ["a", "a"] : k => 1 } # ERROR 36-37: Duplicate object key: Two different items produced the key "a" in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.
  tmpl   = "x ${["a"]}" # ERROR 17-22: Invalid template interpolation value: Cannot include the given value in a string template: string required, but have tuple.
  cond   = "maybe" ? 1 : 2 # ERROR 12-19: Incorrect condition type: The condition expression must be of type bool.
  lookup = lookup({ a = 1 }, "b") # ERROR 31-32: Invalid function argument: Invalid value for "key" parameter: there is no element with this key, and no default.
}
