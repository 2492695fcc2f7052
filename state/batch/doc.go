// Package batch answers how callers of Append at the same time share one
// durable write: what comes while a write is under way goes into the next.
package batch
