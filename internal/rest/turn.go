package rest

import (
	"context"
	"time"
)

// Turn makes requests wait for their turn, such as that of a rate limit, before their time-out begins. The zero value makes
// none wait.
type Turn struct {
	// Service is the service that is asked.
	Service string
	// Wait returns once a request may be sent.
	Wait func(ctx context.Context) error
	// Timeout is the time-out of a request.
	Timeout time.Duration
}

// Await waits until a request may be sent. It does not wait so long that the caller's deadline would cut the request off.
// Its error is a [*NoTurnError].
func (t Turn) Await(ctx context.Context) error {
	if t.Wait == nil {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-t.Timeout))
		defer cancel()
	}
	if err := t.Wait(ctx); err != nil {
		return &NoTurnError{t.Service, err}
	}
	return nil
}

// NoTurnError is a request that was not sent, because its turn did not come in time.
type NoTurnError struct {
	service string
	cause   error
}

// Error implements error.
func (e *NoTurnError) Error() string {
	return e.service + ": the rate limit did not allow the request in time: " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *NoTurnError) Unwrap() error { return e.cause }
