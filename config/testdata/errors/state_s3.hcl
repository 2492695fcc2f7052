variable "bucket" {
  default = "b"
}

herald {
  state "s3" { # ERROR 3-13: Missing argument: A record in S3 is kept in a bucket that exists: bucket = "NAME".
    key               = "/herald/" # ERROR 25-35: Invalid argument: key cannot be used. A key is parts with one / between them, and none at its beginning or end: key = "herald/spring".
    region            = 7 # ERROR 25-26: Wrong type of argument: region is a string, in quotes.
    endpoint          = "s3.example.com" # ERROR 25-41: Invalid argument: endpoint cannot be used. An address is written with its scheme and host, as in "https://host/path".
    use_path_style    = "yes" # ERROR 25-30: Wrong type of argument: use_path_style is true or false.
    checksum          = "when_suported" # ERROR 25-40: Invalid argument: checksum cannot be used. It is required or when_supported. Did you mean when_supported?
    access_key        = "AKIA" # ERROR 5-15: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as AWS_ACCESS_KEY_ID.
    secret_access_key = "x" # ERROR 5-22: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as AWS_SECRET_ACCESS_KEY.
    profile           = "shop" # ERROR 5-12: Unknown argument: Who Herald is to S3 stands in the environment, as for Amazon's own programs: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE.
    dynamodb_table    = "locks" # ERROR 5-19: Unknown argument: The lock is an object beside the record, by S3's conditional writes: there is no table to name.
    encrypt           = true # ERROR 5-12: Unknown argument: The bucket encrypts by itself if it is set up to; Herald encrypts before it writes, with an encryption block in the herald block.
    force_path_style  = true # ERROR 5-21: Unknown argument: A bucket's name in the path rather than in the host is asked for by use_path_style = true.
    assume_role { # ERROR 5-16: Unknown block: Who Herald is to S3 stands in the environment, as for Amazon's own programs: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE.
      role_arn = "x"
    }
  }
}
