account "shop" {
  ig_id = "17841405822304914"
}

mesage "a" { # ERROR 1-7: Unknown block: There is no block of type mesage here. Did you mean message?
}

resource "herald_message" "a" { # ERROR 1-9: Unknown block: Herald sends messages and reactions; its blocks are message "NAME" and reaction "NAME".
}

foo "bar" "baz" { # ERROR 1-4: Unknown block: There is no block of type foo here. Herald knows herald, account, variable, locals, message, reaction, output, moved, removed or import.
}

text = "loose" # ERROR 1-5: Unexpected argument: A file of configuration holds blocks, and text stands outside of every block. Put it into the block that it belongs to; a value with a name stands in a locals block, a value for a variable in a .hclvars file.

message = "loose" # ERROR 1-8: Unexpected argument: A file of configuration holds blocks, and message stands outside of every block. A message is declared by a block, without the equals sign.

message { # ERROR 1-8: Missing name: A message block has a name, in quotes, before the opening brace: message "NAME" {.
  recipient = "1"
}

message "a" "b" { # ERROR 13-16: Too many names: A message block has one name before the opening brace. Take this one out.
  recipient = "1"
}

message "1st" { # ERROR 9-14: Invalid name: "1st" is not a name. A name is made of letters, digits, _ and -, and begins with a letter or _: it stands in addresses, as in message.welcome.
}

locals "x" { # ERROR 8-11: Too many names: A locals block has no name before the opening brace. Take this one out.
}
