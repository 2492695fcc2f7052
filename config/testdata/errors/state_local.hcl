herald {
  state "local" {
    path          = "records/" # ERROR 21-31: Invalid argument: path cannot be used. It names a directory, and the record is a file: path = "records/spring.state.json".
    paths         = "x" # ERROR 5-10: Unknown argument: A state "local" block has no argument paths. Did you mean path?
    file          = "x" # ERROR 5-9: Unknown argument: The file is given by path, relative to the configuration's directory.
    workspace_dir = "x" # ERROR 5-18: Unknown argument: Herald has no workspaces: a configuration has one record. Two records are two configurations, each in a directory of its own.
  }
}
