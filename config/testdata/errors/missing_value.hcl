account "shop" {
  ig_id = "17841405822304914"
}

variable "name" { # ERROR 1-16: No value for a variable: The variable name has no default, and no value was given. Give one with -var 'name=VALUE', in a file herald.hclvars, or in the environment as HERALD_VAR_name.
  type = string
}

message "a" {
  recipient = "1"
  text      = var.name
}
