package executions

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/workflows"
)

// Failure says why something failed.
type Failure struct {
	// Kind is one of giftcard.Kinds, or a name from Temporal if giftbridge has set no kind.
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// FailureOf returns the kind and the message of an error that Temporal returned.
func FailureOf(err error) *Failure {
	var app *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	var terminated *temporal.TerminatedError
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &app):
		return &Failure{Kind: app.Type(), Message: app.Message()}
	case errors.As(err, &timeout):
		return &Failure{Kind: "Timeout", Message: "not finished in time (" + timeout.TimeoutType().String() + ")"}
	case errors.As(err, &terminated):
		return &Failure{Kind: TerminatedKind, Message: "somebody terminated it"}
	case errors.As(err, &canceled):
		return &Failure{Kind: "Canceled", Message: "somebody cancelled it"}
	}
	return &Failure{Kind: "Unknown", Message: err.Error()}
}

// UnitsOf returns which cards of a failed order exist and which do not, or nil if the error does not say.
func UnitsOf(err error) *workflows.OrderFailure {
	var units workflows.OrderFailure
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || !app.HasDetails() || app.Details(&units) != nil {
		return nil
	}
	return &units
}
