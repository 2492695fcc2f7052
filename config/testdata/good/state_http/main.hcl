herald {
  state "http" {
    address                = "https://example.com/record"
    lock_address           = "https://example.com/lock"
    lock_method            = "LOCK"
    unlock_address         = "https://example.com/lock"
    unlock_method          = "UNLOCK"
    update_method          = "POST"
    skip_cert_verification = false
  }
}
