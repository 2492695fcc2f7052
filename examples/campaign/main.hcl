# One message for every line of customers.csv. The key is the customer number,
# which stays with the person: lines may be sorted, added and removed, and
# nobody gets a message twice or another's.

account "shop" {
  ig_id = "17841405822304914"
}

locals {
  customers = {
    for line in csvdecode(file("customers.csv")) : line.number => line
  }
}

message "spring" {
  for_each  = local.customers
  recipient = each.value.igsid
  text = chomp(templatefile("spring.tmpl", {
    name     = each.value.first_name
    discount = each.value.discount
  }))
}

message "coupon" {
  for_each  = { for number, line in local.customers : number => line if tonumber(line.discount) >= 20 }
  recipient = each.value.igsid
  link      = "https://shop.example.com/coupon/${each.key}"
}

output "recipients" {
  value = length(local.customers)
}
