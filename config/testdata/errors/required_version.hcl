herald {
  required_version = ">= 2.0" # ERROR 22-30: Wrong version of Herald: This configuration asks for Herald >= 2.0, and this is Herald 0.1.0. Install a version that fits, or change required_version if you know that this one does.
}
