account "shop" {
  ig_id = "17841405822304914"
}

variable "typ" {
  type = strng # ERROR 10-15: Invalid type: The keyword "strng" is not a valid type specification. A type is any, string, number, bool, or made of them: list(string), set(string), map(string), object({ name = string, note = optional(string, "") }).
}

variable "quoted" {
  type = "string" # ERROR 10-18: Invalid type: A type is written without quotes, as in type = string.
}

variable "list" {
  type = list # ERROR 10-14: Invalid type: The list type constructor requires one argument specifying the element type. A type is any, string, number, bool, or made of them: list(string), set(string), map(string), object({ name = string, note = optional(string, "") }).
}

variable "default" {
  type    = number
  default = "x" # ERROR 13-16: Wrong type of default: The default does not fit the variable's type, number: a number is required.
}

variable "reference" {
  default = local.x # ERROR 13-20: Default is not constant: The default of a variable is a plain value: it may refer to nothing, because variables get their values first. A value that is made of others is a local.
}

variable "call" {
  default = upper("x") # ERROR 13-18: Default is not constant: The default of a variable is a plain value, and calls no function. A value that is made with a function is a local.
}

variable "null" {
  default  = null # ERROR 14-18: Default is null: The variable says nullable = false, so its default cannot be null. Take out one of the two.
  nullable = false
}

variable "flag" {
  sensitive = "yes" # ERROR 15-20: Wrong type of argument: sensitive is true or false, written out: it holds for every run, so it cannot depend on a value.
  nullable  = var.typ # ERROR 15-22: Wrong type of argument: nullable is true or false, written out: it holds for every run, so it cannot depend on a value.
}

variable "condition" {
  default = 1
  validation { # ERROR 3-13: Missing argument: A validation block says what must hold and what to tell whoever breaks it: condition = … and error_message = "…". error_message is missing.
    condition = var.condition > 0
  }
  validation {
    condition     = local.x > 0 # ERROR 21-28: Reference not allowed here: A validation takes variables (var.NAME) only.
    error_message = "x"
  }
}

variable "ephemeral" {
  ephemeral = true # ERROR 3-12: Unknown argument: Every value that reaches a message stands in the plan, so no variable is ephemeral; sensitive = true keeps it from being shown.
}

locals {
  x = 1
}
