account "shop" {
  ig_id = "17841405822304914"
}

variable "customers" {
  default = {}
}

locals {
  greeting = "Hi"
}

message "typo" {
  recipient = var.customer # ERROR 15-27: Unknown reference: No variable customer is declared. Did you mean var.customers?
  text      = local.greting # ERROR 15-28: Unknown reference: No local greting is declared. Did you mean local.greeting?
}

message "swapped" {
  recipient = local.customers # ERROR 15-30: Unknown reference: No local customers is declared. There is a variable of that name: var.customers.
  text      = var.greeting # ERROR 15-27: Unknown reference: No variable greeting is declared. There is a local of that name: local.greeting.
}

message "each" { # ERROR 1-15: Reserved name: each has a meaning of its own in references, so no block can have it as its name. Choose another.
  recipient = each.key # ERROR 15-23: No for_each here: each.key and each.value are those of the instance in a block with for_each, and this is not within one.
  text      = each.valeu # ERROR 15-25: No for_each here: each.key and each.value are those of the instance in a block with for_each, and this is not within one.
}

message "each_typo" {
  for_each  = var.customers
  recipient = each.kee # ERROR 15-23: Unknown reference: each has a key and a value: write each.key or each.value. Did you mean key?
  text      = each # ERROR 15-19: Unknown reference: each has a key and a value: write each.key or each.value.
}

message "bare" {
  recipient = ana # ERROR 15-18: Unknown reference: Nothing is called ana here. A string stands in quotes: "ana".
  text      = greeting # ERROR 15-23: Unknown reference: Nothing is called greeting here. Did you mean the local, local.greeting?
}

message "other" {
  recipient = vr.customers # ERROR 15-27: Unknown reference: Nothing is called vr here. Did you mean var?
  text      = data.x.y # ERROR 15-23: Unknown reference: Herald has no data references. Its values are var.NAME, local.NAME and each.key or each.value.
}

message "path" {
  recipient = count.index # ERROR 15-26: Unknown reference: Herald has no count: its instances are told apart by their number, so that taking one out renumbers the rest, and people would be sent each other's messages. Use for_each, with a key that stays with the person: for_each = { ana = "17841400000000001" }.
  text      = file("${path.module}/x") # ERROR 23-34: Unknown reference: The functions that read files take paths from the configuration's directory already: write file("name.txt").
}

message "incomplete" {
  recipient = var # ERROR 15-18: Incomplete reference: var stands before the name of a variable, as in var.NAME.
  text      = local["greeting"] # ERROR 15-32: Incomplete reference: local stands before the name of a local, as in local.NAME.
}

message "undeclared" {
  recipient = var.zebra # ERROR 15-24: Unknown reference: No variable zebra is declared. Declare it: variable "zebra" { type = string }.
  text      = foo.bar # ERROR 15-22: Unknown reference: Nothing is called foo here. A value is referred to by var.NAME or local.NAME, and each.key and each.value where there is for_each.
}

message "functions" {
  recipient = uppr("1") # ERROR 15-19: Unknown function: There is no function uppr. Did you mean upper?
  text      = "${timestamp()} ${uuid()} ${env("HOME")} ${abspath("x")}" # ERROR 18-27: Function is not available: Evaluation is pure, so that the same files give the same plan, to the byte: no function reads the clock. Put the time into a variable, and give its value with -var. # ERROR 33-37: Function is not available: Evaluation is pure, so that the same files give the same plan, to the byte: no function makes random values: each plan would have others, and a message that was sent would look edited. Put the value into a variable or a file. # ERROR 43-46: Function is not available: Evaluation is pure, so that the same files give the same plan, to the byte: no function looks at the machine or its environment. Put the value into a variable: the environment gives it as HERALD_VAR_NAME. # ERROR 58-65: Function is not available: Paths are those below the configuration's directory, and files outside of it are not read.
}

message "account_as_value" {
  recipient = account.shop.ig_id # ERROR 15-33: Account is not a value: account.NAME may stand as the account of a message or reaction, and what the account's block says is no value: nothing else can refer to it.
  text      = "Hi"
}

message "for_each" {
  for_each  = { (each.key) = "1" } # ERROR 18-26: No for_each here: each.key and each.value are those of the instance in a block with for_each, and this is not within one. for_each itself is evaluated before there are instances.
  recipient = "1"
  text      = "Hi"
}
