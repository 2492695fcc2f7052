message "a" { # ERROR 1-12: Duplicate address: message.a is declared already, at a.hcl:5. An address stands for one block; give one of them another name.
  recipient = "1"
  text      = "Hi"
}

herald { # ERROR 1-7: Repeated block: A configuration has one herald block, and there is another at a.hcl:10. Put the arguments of both into one.
}
