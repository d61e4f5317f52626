// Package answers takes the callbacks of issuers that answer later, and tells the workflows of the cards.
//
// A callback has no signature of the issuer: what proves that it belongs to a card is its address, which only the issuer
// was given. The address is checked before anything of the body is read. A callback is a hint all the same: the workflow
// looks for itself.
package answers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// MaxBody is the number of bytes of the largest body that is read. Callbacks have some hundred.
	MaxBody = 64 << 10
	// signalTimeout limits the call to Temporal, so that an absent Temporal does not hold connections.
	signalTimeout = 3 * time.Second
	// retryAfter is the number of seconds after which an issuer may send a callback again.
	retryAfter = "30"
	// logBurst and logPeriod limit the lines about callbacks; the metrics count all of them.
	logBurst  = 60
	logPeriod = time.Minute
)

// Outcome is what became of a callback.
type Outcome string

// The outcomes.
const (
	// Told: the workflow of the card was told.
	Told Outcome = "told"
	// Gone: the workflow of the card has ended, or does not exist.
	Gone Outcome = "gone"
	// Away: Temporal did not answer.
	Away Outcome = "away"
	// Unknown: the address is not one of ours.
	Unknown Outcome = "unknown_address"
	// Malformed: the body is not a callback of the issuer's.
	Malformed Outcome = "malformed"
	// Oversized: the body is larger than what is read.
	Oversized Outcome = "too_large"
	// CutOff: the body did not arrive as a whole.
	CutOff Outcome = "cut_off"
)

// Outcomes are all outcomes.
var Outcomes = []Outcome{Told, Gone, Away, Unknown, Malformed, Oversized, CutOff}

// Signaller sends signals to workflows. A client of Temporal is one.
type Signaller interface {
	SignalWorkflow(ctx context.Context, workflowID, runID, name string, arg any) error
}

// Options are the options of a handler.
type Options struct {
	Addresses *callback.Addresses
	// Issuers are the issuers that answer later, by name.
	Issuers  map[string]issuer.Deferred
	Temporal Signaller
	// Count counts a callback. The issuer's name is empty if the address is not one of ours.
	Count func(issuerName string, o Outcome)
	Log   zerolog.Logger
}

// Handler takes callbacks.
type Handler struct{ o Options }

// New returns a handler of the paths below [callback.Path].
func New(o Options) *Handler {
	o.Log = o.Log.Sample(&zerolog.BurstSampler{Burst: logBurst, Period: logPeriod})
	return &Handler{o}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, _ := strings.CutPrefix(r.URL.Path, callback.Path)
	target, err := h.o.Addresses.Parse(rest)
	by := h.o.Issuers[target.Issuer]
	if err != nil || by == nil {
		h.o.Count("", Unknown)
		http.Error(w, callback.NothingHere, http.StatusNotFound)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, callback.OnlyPOST, http.StatusMethodNotAllowed)
		return
	}
	outcome := h.take(w, r, target, by)
	h.o.Count(target.Issuer, outcome)
	if outcome != Told {
		h.o.Log.Warn().Str("issuer", target.Issuer).Str("card", target.WorkflowID).Str("step", string(target.Step)).
			Int("attempt", target.Attempt).Str("outcome", string(outcome)).Msg("a callback told nobody anything")
	}
}

// take reads a callback, tells the workflow, and answers.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, t callback.Target, by issuer.Deferred) Outcome {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return Oversized
	}
	if err != nil {
		http.Error(w, "the body is not complete", http.StatusBadRequest)
		return CutOff
	}
	answer, err := by.Answer(t.Step, body)
	if err != nil {
		http.Error(w, "the body is not a callback", http.StatusBadRequest)
		return Malformed
	}
	ctx, cancel := context.WithTimeout(r.Context(), signalTimeout)
	defer cancel()
	err = h.o.Temporal.SignalWorkflow(ctx, t.WorkflowID, "", workflows.CallbackSignal, workflows.DeferredAnswer{
		Answer: answer, Step: t.Step, Attempt: t.Attempt,
	})
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
		return Told
	case executions.IsNotFound(err):
		w.WriteHeader(http.StatusNoContent) // The issuer need not send it again.
		return Gone
	}
	w.Header().Set("Retry-After", retryAfter)
	http.Error(w, "try again", http.StatusServiceUnavailable)
	return Away
}
