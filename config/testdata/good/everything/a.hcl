herald {
  required_version = ">= 0.1, < 1.0"

  limits {
    max_sends               = var.most
    max_sends_per_recipient = 3
    stop_after_failures     = 10
  }
}

account "shop" {
  ig_id        = "17841405822304914"
  endpoint     = "http://localhost:8080/"
  api_version  = "v25.0"
  settle_after = "90s"

  limits {
    messages = 50
    media    = 0.5
    reads    = 2
  }
}

variable "most" {
  description = "How many messages one run may send."
  type        = number
  default     = 500
}

locals {
  later  = local.first
  first  = "Hi"
  people = { ana = "17841400000000001", ben = "17841400000000002" }
}

moved {
  from = message.greeting
  to   = message.text
}

moved {
  from = message.people["anna"]
  to   = message.people["ana"]
}
