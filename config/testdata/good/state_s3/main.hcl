herald {
  state "s3" {
    bucket         = "b"
    key            = "herald/spring"
    region         = "eu-central-1"
    endpoint       = "https://s3.example.com"
    use_path_style = true
    checksum       = "required"
  }
}
