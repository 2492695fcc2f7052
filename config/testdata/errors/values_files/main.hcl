account "shop" {
  ig_id = "17841405822304914"
}

variable "people" {
  type = map(object({ igsid = string, name = string }))
}

variable "n" {
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
