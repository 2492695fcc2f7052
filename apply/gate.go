package apply

import "context"

// gateKey is the key of a context's gate.
type gateKey struct{}

// WithGate returns a context whose calls write nothing once open returns false.
// open is asked immediately before the first byte is written, however long the
// call has waited for its connection until then. It may wait for the moment at
// which the call may be made, not much longer than a connection takes and not
// after its context, the call's, is done; it must be safe for concurrent use.
func WithGate(ctx context.Context, open func(context.Context) bool) context.Context {
	return context.WithValue(ctx, gateKey{}, open)
}

// GateOpen returns the gate of the context, or nil if it has none. What it
// returns waits no longer than ctx, and is false once that is done.
func GateOpen(ctx context.Context) func() bool {
	open, ok := ctx.Value(gateKey{}).(func(context.Context) bool)
	if !ok {
		return nil
	}
	return func() bool { return open(ctx) && ctx.Err() == nil }
}
