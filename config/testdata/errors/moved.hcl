account "shop" {
  ig_id = "17841405822304914"
}

moved { # ERROR 1-6: Move between kinds: message.a is a message and reaction.a is a reaction: what is recorded of the one means nothing for the other.
  from = message.a
  to   = reaction.a
}

moved { # ERROR 1-6: Move to itself: Both ends are message.b, so nothing would move. Take out this block.
  from = message.b
  to   = message.b
}

moved {
  from = message.c
  to   = message.d
}

moved { # ERROR 1-6: Moved twice: message.c is moved already, at main.hcl:15. One thing can go to one place.
  from = message.c
  to   = message.e
}

moved { # ERROR 1-6: Two moves to one address: Something is moved to message.d already, at main.hcl:15. One address holds one thing.
  from = message.f
  to   = message.d
}

moved {
  from = "message.g" # ERROR 10-21: Invalid address: From is an address, without quotes around it: message.welcome for a block, or message.welcome["ana"] for one instance.
  to   = message.h.id # ERROR 10-22: Invalid address: To is an address, without quotes around it: message.welcome for a block, or message.welcome["ana"] for one instance.
}

moved { # ERROR 1-6: Missing argument: A moved block says what moved where, as in from = message.old and to = message.new. to is missing.
  from = message.i
}

moved {
  from = message.j
  to   = message.k["x"]
}

moved {
  from = message.k["x"]
  to   = message.l
}

moved { # ERROR 1-6: Circular move: These moves lead back to where they begin: message.j → message.k["x"] → message.l → message.j. Take out one of them.
  from = message.l
  to   = message.j
}
