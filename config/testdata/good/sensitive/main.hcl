account "shop" {
  ig_id = "17841405822304914"
}

variable "codes" {
  type      = map(string)
  default   = { ana = "1234" }
  sensitive = true
}

message "code" {
  recipient = "17841400000000001"
  text      = "Your code is ${var.codes["ana"]}."
}

message "again" {
  for_each  = { for k in nonsensitive(keys(var.codes)) : k => var.codes[k] }
  recipient = "17841400000000001"
  text      = "Again: ${each.value}"
}

message "plain" {
  recipient = "17841400000000001"
  text      = nonsensitive("Codes: ${length(var.codes)}")
}

output "code" {
  value     = var.codes
  sensitive = true
}
