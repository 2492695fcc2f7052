account "shop" {
  ig_id = "17841405822304914"
}

variable "a" {
  default = 1
}

variable "a" { # ERROR 1-13: Duplicate name: There is a variable a already, at main.hcl:5. Each needs a name of its own.
  default = 2
}

locals {
  b = 1
}

locals {
  b = 2 # ERROR 3-4: Duplicate name: There is a local b already, at main.hcl:14. Each needs a name of its own.
}

message "c" {
  recipient = "1"
  text      = "Hi"
}

message "c" { # ERROR 1-12: Duplicate address: message.c is declared already, at main.hcl:21. An address stands for one block; give one of them another name.
  recipient = "1"
  text      = "Hi"
}

message "each" { # ERROR 1-15: Reserved name: each has a meaning of its own in references, so no block can have it as its name. Choose another.
  recipient = "1"
  text      = "Hi"
}

output "d" {
  value = 1
}

output "d" { # ERROR 1-11: Duplicate name: There is an output d already, at main.hcl:36. Each needs a name of its own.
  value = 2
}
