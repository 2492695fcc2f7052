account "shop" {
  ig_id = "17841405822304914"
}

locals {
  large = 1e99999999 # ERROR 11-21: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
  small = 1e-99999999 # ERROR 11-22: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
  part  = "a${1e99999999}" # ERROR 15-25: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
  key   = { 1e99999999 = 1 } # ERROR 13-23: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
  step  = var.list[1e99999999] # ERROR 19-31: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
  fits  = length("${1e9999}")
}

variable "list" {
  type    = list(number)
  default = [1e99999999] # ERROR 14-24: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
}

message "m" {
  recipient = "1"
  text      = 1e99999999 # ERROR 15-25: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
  revision  = 1e99999999 # ERROR 15-25: Number is too large: A number has at most 10,000 digits before or behind the decimal point.
}
