variable "key" {
  default = "x"
}

herald {
  encryption {
    recipients = [
      "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv",
      "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlv", # ERROR 7-71: Repeated recipient: This recipient is in the list already. If a second one was meant, put its key here.
      "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083zkqgs4vlq", # ERROR 7-71: Invalid recipient: This age recipient was mistyped or cut off: its checksum does not fit. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "age1yn2tjm6cmfk54pgjxyam6q4z36lse22aa3hyeph00r887q083", # ERROR 7-62: Invalid recipient: This age recipient was mistyped or cut off: its checksum does not fit. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "AGE1YN2TJM6CMFK54PGJXYAM6Q4Z36LSE22AA3HYEPH00R887Q083ZKQGS4VLV", # ERROR 7-71: Invalid recipient: This is no age recipient. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "age10pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rcrxh5js", # ERROR 7-51: Invalid recipient: This age recipient holds 20 bytes, and a key has 32. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "age1yubikey10pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rc0pu8st3d8rj", # ERROR 7-80: Invalid recipient: This recipient needs the plugin age-plugin-yubikey, and Herald runs no other programs: whoever plans or sends would need the plugin, and a hand for its key. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "agent10pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rc0pu8s7rc0puqe52hsl", # ERROR 7-73: Invalid recipient: This is no age recipient. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "ana@example.com", # ERROR 7-24: Invalid recipient: This is no age recipient. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters.
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJH8Wt7yyBq4Q1zXo2bGZ7H0qV3m4o8Wq1T0s5nKx3Qw ana", # ERROR 7-93: Invalid recipient: SSH keys are not taken: they are made for logging in, are often on many machines, and age warns that what they encrypt can be linked to their owner. A recipient is the public half of an age key, as age-keygen prints it: age1 and 58 further characters. Make one with:\n\n  age-keygen -o key.txt
      "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ", # ERROR 7-77: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_AGE_IDENTITY, or as a file that HERALD_AGE_IDENTITY_FILE names; its public half, which age-keygen -y prints, is the recipient.
      var.key, # ERROR 7-14: Not a literal: A recipient is a string, written out. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
      7, # ERROR 7-8: Not a literal: A recipient is a string, written out. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
    ]
    identity = "x" # ERROR 5-13: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_AGE_IDENTITY, or as a file that HERALD_AGE_IDENTITY_FILE names.
    password = "x" # ERROR 5-13: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_AGE_PASSPHRASE, with passphrase = true in this block.
  }
}
