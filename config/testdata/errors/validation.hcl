account "shop" {
  ig_id = "17841405822304914"
}

variable "name" {
  default = "x"
  validation {
    condition     = length(var.name) > 2 # ERROR 21-41: Invalid value for a variable: The name x is too short. (This is a condition of the variable name, declared at main.hcl:5.)
    error_message = "The name ${var.name} is too short."
  }
}

variable "secret" {
  default   = "x"
  sensitive = true
  validation {
    condition     = length(var.secret) > 2 # ERROR 21-43: Invalid value for a variable: The condition does not hold. (Its own message holds a sensitive value and is not shown.) (This is a condition of the variable secret, declared at main.hcl:13.)
    error_message = "The secret ${var.secret} is too short."
  }
}

variable "odd" {
  default = "x"
  validation {
    condition     = "maybe" # ERROR 21-28: Invalid condition: A condition is true or false, and this one is neither. It says what must hold, as in length(var.name) > 0.
    error_message = "x"
  }
}
