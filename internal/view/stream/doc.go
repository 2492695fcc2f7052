// Package stream answers the question "what does a script read while a run
// goes on?".
//
// A Stream writes one JSON value a line, in the manner and with the names of
// Terraform's machine-readable UI: what is planned, what becomes of each
// action, and how the run ends. docs/json.md has its promise and
// docs/schemas/stream.schema.json its lines.
package stream
