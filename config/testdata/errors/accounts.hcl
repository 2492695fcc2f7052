account "shop" {
  ig_id        = "17841405822304914"
  access_token = "abc" # ERROR 3-15: Access token in a file: A token never stands in a file: files are committed and read by reviewers. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_TOKEN_SHOP (or HERALD_TOKEN where there is one account).
}

account "shop" { # ERROR 1-15: Duplicate name: There is an account shop already, at main.hcl:1. Each needs a name of its own.
  ig_id = "2"
}

account "sh-op" {
  ig_id = "3"
}

account "sh_op" { # ERROR 1-16: Token variables clash: The token of this account and that of the account sh-op would both be read from HERALD_TOKEN_SH_OP. Give one of them another name.
  ig_id    = "4"
  username = "ana" # ERROR 3-11: Unknown argument: An account is given by its ig_id: the user_id that GET /me returns, a string of digits.
}

account "file" { # ERROR 1-15: Token variables clash: The token of this account would be read from HERALD_TOKEN_FILE, which names the file that holds the token where there is one account. Give the account another name.
  ig_id = "5"
}

account "none" { # ERROR 1-15: Missing argument: An account is given by its ig_id: the user_id that GET /me returns, a string of digits, as in ig_id = "17841405822304914".
}

account "none_file" { # ERROR 1-20: Token variables clash: The token of this account and that of the account none would both be read from HERALD_TOKEN_NONE_FILE. Give one of them another name.
  ig_id = "6"
  limits {
    sends = 3 # ERROR 5-10: Unknown argument: A limits block has no argument sends. Did you mean reads?
  }
}

message "a" { # ERROR 1-12: Missing account: There are several accounts, so each message says which one it is sent from: account = account.shop, account.shop, account.sh-op, account.sh_op, account.file, account.none or account.none_file.
  recipient = "1"
  text      = "Hi"
}

message "b" {
  account   = account.shp # ERROR 15-26: Unknown account: No account shp is declared. Did you mean account.shop?
  recipient = "1"
  text      = "Hi"
}

message "c" {
  account   = acount.shop # ERROR 15-26: Unknown reference: Nothing is called acount here. Did you mean account?
  recipient = "1"
  text      = "Hi"
}

message "d" {
  account   = account.shop.ig_id # ERROR 15-33: Account is not a value: account.NAME may stand as the account of a message or reaction, and what the account's block says is no value: nothing else can refer to it.
  recipient = "1"
  text      = "Hi"
}
