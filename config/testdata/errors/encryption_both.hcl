herald {
  encryption {
    recipients = ["age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv"]
    passphrase = true # ERROR 18-22: Two ways to encrypt: age encrypts for recipients or with a passphrase, not with both: whoever may read by either could not tell who else may. Take one of the two out.
    recipient  = "x" # ERROR 5-14: Unknown argument: Whoever may read the record is named in a list: recipients = ["age1…"].
  }
}
