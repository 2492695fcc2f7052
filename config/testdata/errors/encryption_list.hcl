variable "keys" {
  default = []
}

herald {
  encryption {
    recipients = var.keys # ERROR 18-26: Not a literal: recipients is a list of strings, written out: recipients = ["age1…"]. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
    passphrase = "correct horse" # ERROR 18-33: Not a literal: passphrase is true or false: whether there is one. The passphrase itself never stands in a file; it is in the environment, as HERALD_AGE_PASSPHRASE, or in a file that HERALD_AGE_PASSPHRASE_FILE names.
  }
}
