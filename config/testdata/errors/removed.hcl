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

removed { # ERROR 1-8: Missing argument: A removed block says which reaction Herald forgets and leaves on its message: from = reaction.thanks. from is missing.
}

removed {
  from = "reaction.old" # ERROR 10-24: Invalid address: From is the address of a reaction, without quotes around it: reaction.thanks for a block, or reaction.thanks["ana"] for one instance.
}

removed {
  from = reaction.old.id # ERROR 10-25: Invalid address: From is the address of a reaction, without quotes around it: reaction.thanks for a block, or reaction.thanks["ana"] for one instance.
}

removed {
  from = reaction.old[var.key] # ERROR 10-31: Invalid address: From is the address of a reaction, without quotes around it: reaction.thanks for a block, or reaction.thanks["ana"] for one instance.
}

removed {
  from = message.old # ERROR 10-21: Message cannot be forgotten: A sent message cannot be taken back, and it stays on record so that it is never sent twice. Its block may simply be deleted, without a removed block: nothing is sent, and nothing if the block is put back. Take out this removed block.
}

removed {
  from = reaction.twice
}

removed { # ERROR 1-8: Removed twice: reaction.twice is removed already, at main.hcl:35. Once is enough: take out one of the two.
  from = reaction.twice
}

removed { # ERROR 1-8: Removed and moved: reaction.before is moved to reaction.after, at main.hcl:47, and would be forgotten here. What is recorded of it can go one way only: take out one of the two, or remove reaction.after.
  from = reaction.before
}

moved {
  from = reaction.before
  to   = reaction.after
}

removed {
  from = reaction.destroyed
  lifecycle {
    destroy = true # ERROR 15-19: Removed block takes nothing back: A removed block leaves the reaction on its message and forgets it, so destroy is false. To have the reaction taken back, delete its block and this removed block: a reaction without a block is taken back.
  }
}

removed {
  from = reaction.unclear
  lifecycle {
    destroy = "no" # ERROR 15-19: Wrong type of argument: destroy is true or false, written out: it holds for every run, so it cannot depend on a value.
  }
}

removed {
  from    = reaction.hints
  destroy = false # ERROR 3-10: Unknown argument: destroy stands in a lifecycle block: lifecycle { destroy = false }.
  to      = reaction.other # ERROR 3-5: Unknown argument: A removed block has no to: what it names is forgotten. To give it another address, use a moved block.
}

removed "name" { # ERROR 9-15: Too many names: A removed block has no name before the opening brace. Take this one out.
  from = reaction.named
}
