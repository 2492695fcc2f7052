# Two messages for every line of customers.csv. The key is the order's number,
# so lines may be sorted, added and removed: nobody gets a message twice.

herald {
  limits {
    max_sends_per_recipient = 3
  }
}

account "shop" {
  ig_id = "17841405822304914"
}

locals {
  orders = {
    for line in csvdecode(file("orders.csv")) : line.number => line
  }
}

message "shipped" {
  for_each  = local.orders
  recipient = each.value.igsid
  text      = "Hi ${each.value.first_name}, your order ${each.key} has left our workshop today."
}

message "track" {
  for_each  = local.orders
  recipient = each.value.igsid
  link      = "https://shop.example.com/track/${urlencode(each.key)}"
}
