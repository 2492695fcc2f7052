// Package policies asks the real engine of Open Policy Agent about plans of the
// real herald: do the policies of examples/gitops hold what they promise, and
// does a policy written for Terraform's plans work unchanged?
//
// It is a module of its own, so that the engine's dependencies stay out of the
// product's go.sum.
package policies
