herald {
  state "local" {
  }
  state "s3" { # ERROR 3-8: Repeated block: A record is kept in one place, so there is one state block, and there is one before this already. To move what was recorded from one place to another:\n\n  herald state migrate -from=… -to=…
    bucket = "b"
    key    = "k"
  }
  encryption { # ERROR 3-13: Missing argument: An encryption block says who may read: recipients = ["age1…"], the public half of a key that age-keygen makes, or passphrase = true.
  }
  encryption { # ERROR 3-13: Repeated block: This block has an encryption block already; it may have one. Put the arguments of both into one.
    passphrase = true
  }
}
