package apply

import "context"

// gateKey is the key of a context's gate.
type gateKey struct{}

// WithGate returns a context whose calls write nothing once open returns false.
// open is asked immediately before the first byte is written, however long the
// call has waited for its connection until then; it must be quick and safe for
// concurrent use.
func WithGate(ctx context.Context, open func() bool) context.Context {
	return context.WithValue(ctx, gateKey{}, open)
}

// GateOpen returns the gate of the context, or nil if it has none.
func GateOpen(ctx context.Context) func() bool {
	open, _ := ctx.Value(gateKey{}).(func() bool)
	return open
}
