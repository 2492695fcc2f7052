herald {
  state "http" {
    address                = "https://ana:hunter2@example.com/record" # ERROR 30-70: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_HTTP_USERNAME and HERALD_HTTP_PASSWORD.
    lock_address           = "example.com/lock" # ERROR 30-48: Invalid argument: lock_address cannot be used. An address is written with its scheme and host, as in "https://host/path".
    lock_method            = "lock" # ERROR 30-36: Invalid argument: lock_method cannot be used. A method of HTTP is a word in capitals, as in "POST".
    unlock_address         = "https://example.com/lock#now" # ERROR 30-60: Invalid argument: unlock_address cannot be used. An address has no part behind a #.
    skip_cert_verification = "false" # ERROR 30-37: Wrong type of argument: skip_cert_verification is true or false.
    username               = "ana" # ERROR 5-13: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_HTTP_USERNAME.
    password               = "hunter2" # ERROR 5-13: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_HTTP_PASSWORD.
    headers                = { Authorization = "Bearer x" } # ERROR 5-12: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_HTTP_HEADERS.
    retry_max              = 2 # ERROR 5-14: Unknown argument: Herald decides itself what may be repeated: a reading, and no write that may have arrived.
  }
}
