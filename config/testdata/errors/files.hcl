account "shop" {
  ig_id = "17841405822304914"
}

locals {
  outside  = file("../secret.txt") # ERROR 20-33: Invalid function argument: Invalid value for "path" parameter: ../secret.txt leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine.
  absolute = file("/etc/passwd") # ERROR 20-31: Invalid function argument: Invalid value for "path" parameter: /etc/passwd leads out of the configuration's directory, and no file outside of it is read: a plan must not depend on, or show, what is elsewhere on the machine.
  missing  = file("nothing.txt") # ERROR 20-31: Invalid function argument: Invalid value for "path" parameter: there is no file nothing.txt below the configuration's directory.
  folder   = fileexists(".") # ERROR 26-27: Invalid function argument: Invalid value for "path" parameter: . is not a regular file.
  template = templatefile("nothing.tmpl", {}) # ERROR 28-40: Invalid function argument: Invalid value for "path" parameter: there is no file nothing.tmpl below the configuration's directory.
}
