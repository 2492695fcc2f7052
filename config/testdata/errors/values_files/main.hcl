account "shop" {
  ig_id = "17841405822304914"
}

variable "people" {
  type = map(object({ igsid = string, name = string }))
}

variable "n" { # ERROR 1-13: No value for a variable: The variable n has no default, and no value was given. Give one with -var 'n=VALUE', in a file herald.hclvars, or in the environment as HERALD_VAR_n.
  type = number
}

variable "secret" {
  type      = object({ code = number })
  sensitive = true
}

variable "strict" {
  type     = string
  nullable = false
}
