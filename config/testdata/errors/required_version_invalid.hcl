herald {
  required_version = "two" # ERROR 22-27: Invalid version constraint: required_version is a list of conditions with commas between them, as in ">= 0.1, < 2.0" or "~> 0.3".
  limits {
    max_sends = var.x # ERROR 17-22: Unknown reference: No variable x is declared. Declare it: variable "x" { type = string }.
  }
}
