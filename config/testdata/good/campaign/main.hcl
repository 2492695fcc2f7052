account "shop" {
  ig_id = "17841405822304914"
}

locals {
  people = { for p in csvdecode(file("people.csv")) : p.igsid => p }
}

message "spring" {
  for_each  = local.people
  recipient = each.key
  text      = templatefile("texts/spring.tmpl", { name = each.value.name, code = lookup(local.codes, each.value.city, local.codes.other) })
}

locals {
  codes = yamldecode(file("codes.yaml"))
}
