message "a" { # ERROR 1-12: No account: Something is to be sent, and no account is declared to send it from. Add one, with the user_id that GET /me returns:\n\n  account "shop" {\n    ig_id = "17841405822304914"\n  }
  recipient = "1"
  text      = "Hi"
}
