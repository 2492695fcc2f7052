account "shop" {
  ig_id = "17841405822304914"
}

locals {
  a = local.b # ERROR 3-4: Cycle of locals: These locals are made of each other, so none of them has a value: local.a → local.b → local.c → local.a. Take out one of the references.
  b = "${local.c}"
  c = [local.a]
  d = local.d # ERROR 3-4: Cycle of locals: These locals are made of each other, so none of them has a value: local.d → local.d. Take out one of the references.
  e = local.a
}
