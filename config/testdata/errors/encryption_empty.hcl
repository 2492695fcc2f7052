herald {
  encryption {
    recipients = [] # ERROR 18-20: Missing recipient: Nobody could read what is encrypted for nobody. Name at least one recipient, the public half of a key that age-keygen makes, or take the encryption block out.
  }
}
