account "shop" {
  ig_id = "17841405822304914"
}

message "a" {
  recipient = "1"
  text      = "Hi"
}

herald {
}
