herald {
  state "postgre" { # ERROR 9-18: Unknown store: There is no store of this type. Did you mean postgres?
  }
  state "pg" { # ERROR 9-13: Unknown store: PostgreSQL is state "postgres".
  }
  state "gcs" { # ERROR 9-14: Unknown store: Herald does not speak the protocol of Google's storage. Its buckets can be reached by S3's, which wants conditional writes; PostgreSQL and HTTP are the other ways.
  }
  state "etcd" { # ERROR 9-15: Unknown store: There is no store of this type. Herald knows local, postgres, s3 or http.
  }
  state { # ERROR 3-8: Missing type: A state block says, in quotes before the opening brace, where the record is kept: local, postgres, s3 or http, as in state "local" {.
  }
  state "s3" "more" { # ERROR 14-20: Too many names: A state block has one label, the type of the store: a record has no name here. Take this one out.
  }
  state = "local" # ERROR 3-8: Unknown argument: state is a block, not an argument: write state { … } without the equals sign.
}

state "local" { # ERROR 1-6: Unknown block: Where the record is kept stands in the herald block: herald { state "postgres" { … } }.
}

encryption { # ERROR 1-11: Unknown block: How the record is encrypted stands in the herald block: herald { encryption { recipients = ["age1…"] } }.
}
