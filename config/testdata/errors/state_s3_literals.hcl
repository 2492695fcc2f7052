variable "bucket" {
  default = "b"
}

herald {
  state "s3" {
    bucket         = var.bucket # ERROR 22-32: Not a literal: bucket is a string, written out. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
    key            = "herald/${var.bucket}" # ERROR 22-44: Not a literal: key is a string, written out. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
    region         = "" # ERROR 22-24: Invalid argument: region cannot be used. It is empty. Leave the argument out to have what is usual.
    endpoint       = "https://AKIA:secret@s3.example.com" # ERROR 22-58: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    use_path_style = var.bucket == "b" # ERROR 22-39: Not a literal: use_path_style is true or false, written out. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
  }
}
