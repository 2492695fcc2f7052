herald {
  state "http" {
    address      = "http://127.0.0.1:/s" # ERROR 20-41: Invalid argument: address cannot be used. There is no port behind the colon. Give the port, as in "https://host:8443/path", or take the colon out.
    lock_address = "http://[::1]:8080/s"
  }
}
