// Package jsondoc answers the question "what does a script read of a plan, a
// run, or the record?".
//
// Each document is one JSON value on one line, in Terraform's names where
// Terraform has one; docs/json.md promises what may change and docs/schemas
// has the schemas, to which tests hold every field. What package stream shares
// with the documents is exported: Diagnostic, Error, OutputValue, the names of
// results, and Write.
package jsondoc
