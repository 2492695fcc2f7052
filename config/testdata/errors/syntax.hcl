account "shop" {
  ig_id = "17841405822304914"
}

message "b" {
  recipient = "1", text = "Hi" # ERROR 18-19: Unexpected comma after argument: Argument definitions must be separated by newlines, not commas. An argument definition must end with a newline.
}

message "c" {
  text = 'Hi' # ERROR 10-11: Invalid character: Single quotes are not valid. Use double quotes (") to enclose strings.
}
