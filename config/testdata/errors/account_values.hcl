account "a" {
  ig_id        = "abc" # ERROR 18-23: Invalid account id: ig_id is a string of digits, as in "17841405822304914": the user_id (not the id) that GET /me returns.
  endpoint     = "http://graph.instagram.com" # ERROR 18-46: Invalid endpoint: An endpoint is a scheme and a host, as in "https://graph.instagram.com": it begins with https://, because the account's token goes there. Only a loopback host (localhost, 127.0.0.1) may use http, for a simulator.
  api_version  = "24" # ERROR 18-22: Invalid API version: A version of the Graph API is written with a v and two numbers, as in "v24.0".
  settle_after = "soon" # ERROR 18-24: Invalid duration: This is a number with a unit, above 0, as in "60s" or "2m": how long after a doubtful call its absence may be believed.
}

account "b" {
  ig_id        = "17841405822304914"
  endpoint     = "https://graph.instagram.com/v24.0" # ERROR 18-53: Invalid endpoint: An endpoint is a scheme and a host, as in "https://graph.instagram.com": take out what follows the host. The version stands in api_version, the account in ig_id.
  settle_after = "-1s" # ERROR 18-23: Invalid duration: This is a number with a unit, above 0, as in "60s" or "2m": how long after a doubtful call its absence may be believed.
  limits {
    messages = 0 # ERROR 16-17: Invalid limit: A limit is a number of calls a second, above 0.
    media    = 20 # WARNING 16-18: Limit above the documented one: Meta documents 10 calls a second for this kind of call and one account, and refuses what goes beyond. Unless Meta has granted more, set at most 10.
    reads    = "many" # ERROR 16-22: Wrong type of argument: reads is a number, and this is a string.
  }
}

account "c" { # ERROR 1-12: Duplicate account: This account has the same ig_id as the account b, at main.hcl:8. One account has one block: its limits hold for all that is sent from it.
  ig_id    = "17841405822304914"
  endpoint = "graph.instagram.com" # ERROR 14-35: Invalid endpoint: An endpoint is a scheme and a host, as in "https://graph.instagram.com": this is no such URL.
}

account "d" {
  ig_id    = sensitive("17841405822304915") # ERROR 14-44: Sensitive value: ig_id stands in every plan, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).
  endpoint = "https://user:word@graph.instagram.com" # ERROR 14-53: Invalid endpoint: An endpoint is a scheme and a host, as in "https://graph.instagram.com": this one holds a user name or password, which never stands in a file.
}

account "e" {
  ig_id    = "17841405822304916"
  endpoint = "ftp://graph.instagram.com" # ERROR 14-41: Invalid endpoint: An endpoint is a scheme and a host, as in "https://graph.instagram.com": its scheme is https.
}

message "a" {
  account   = "z" # ERROR 15-18: Unknown account: No account z is declared. Declared: account.a, account.b, account.c, account.d, account.e.
  recipient = "1"
  text      = "Hi"
}

message "b" {
  account   = lower("A")
  recipient = "1"
  text      = 3
}

message "c" {
  account   = sensitive("a") # ERROR 15-29: Sensitive value: account stands in every plan, so it cannot come from a sensitive value. If it is no secret, wrap it: nonsensitive(…).
  recipient = "1"
  text      = "Hi"
}
