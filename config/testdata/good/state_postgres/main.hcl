herald {
  state "postgres" {
    schema = "herald"
    record = "spring"
  }
  encryption {
    passphrase = true
  }
}
