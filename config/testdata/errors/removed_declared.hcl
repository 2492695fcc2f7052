account "shop" {
  ig_id = "17841405822304914"
}

reaction "kept" {
  recipient  = "1"
  message_id = "aWdfZAG1faXRlbTox"
}

reaction "all" {
  for_each   = { ana = "1" }
  recipient  = each.value
  message_id = "aWdfZAG1faXRlbToy"
}

reaction "none" {
  for_each   = {}
  recipient  = each.value
  message_id = "aWdfZAG1faXRlbToz"
}

removed { # ERROR 1-8: Removed and still declared: reaction.kept is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.
  from = reaction.kept
}

removed { # ERROR 1-8: Removed and still declared: reaction.all["ana"] is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.
  from = reaction.all["ana"]
}

removed {
  from = reaction.all["ben"]
}

removed { # ERROR 1-8: Removed and still declared: reaction.none is to be forgotten and is still declared: each apply would forget it, or add it again. Take out this block, or the declaration.
  from = reaction.none
}
