# A token in a comment: EAAB0123456789012345678901234567890123456789 # ERROR 25-69: Access token in a file: This looks like an access token of Meta's. Files are committed and read by reviewers, so a token never stands in one: take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_TOKEN_SHOP (or HERALD_TOKEN where there is one account).
account "shop" {
  ig_id = "17841405822304914"
}

variable "t" {
  default = "IGQVJ0123456789012345678901234567890123456789" # ERROR 14-59: Access token in a file: This looks like an access token of Meta's. Files are committed and read by reviewers, so a token never stands in one: take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_TOKEN_SHOP (or HERALD_TOKEN where there is one account).
}
