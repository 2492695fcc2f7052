account "shop" {
  ig_id = "17841405822304914"
}

herald {
  limits {
    max_sends               = 0 # ERROR 31-32: Invalid number: max_sends is a whole number from 1.
    max_sends_per_recipient = 1.5 # ERROR 31-34: Invalid number: max_sends_per_recipient is a whole number from 1.
    stop_after_failures     = "few" # ERROR 31-36: Wrong type of argument: stop_after_failures is a number, and this is a string.
  }
}
