locals {
  name = "spring"
}

herald {
  state "postgres" {
    schema      = "Herald" # ERROR 19-27: Invalid argument: schema cannot be used. The name of a schema is made of small letters, digits and _, begins with a letter or _, and has at most 63 characters.
    record      = local.name # ERROR 19-29: Not a literal: record is a string, written out. The record is looked for before anything is evaluated, so what says where it is holds no variable, no local and no function. What differs from machine to machine is given by the environment, or, for a local file, by -state.
    recrod      = "x" # ERROR 5-11: Unknown argument: A state "postgres" block has no argument recrod. Did you mean record?
    conn_str    = "postgres://herald:hunter2@db/herald" # ERROR 5-13: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as HERALD_STATE_POSTGRES_URL.
    password    = "hunter2" # ERROR 5-13: Secret in a file: What gives access to the record never stands in a file of configuration: files are committed and read by reviewers, and saved plans carry this block. Take it out, have it replaced if the file has left this machine, and put the new one into the environment, as PGPASSWORD, or within HERALD_STATE_POSTGRES_URL.
    host        = "db" # ERROR 5-9: Unknown argument: Where the database is, and who Herald is there, stands in the environment, as for PostgreSQL's own programs: PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT, PGSERVICE; or the whole of it in HERALD_STATE_POSTGRES_URL.
    username    = "herald" # ERROR 5-13: Unknown argument: Where the database is, and who Herald is there, stands in the environment, as for PostgreSQL's own programs: PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT, PGSERVICE; or the whole of it in HERALD_STATE_POSTGRES_URL.
    schema_name = "herald" # ERROR 5-16: Unknown argument: The schema in the database is given by schema.
    something   = "x" # ERROR 5-14: Unknown argument: A state "postgres" block has no argument something. It knows schema or record.
  }
}
