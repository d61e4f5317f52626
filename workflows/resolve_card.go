package workflows

import "go.temporal.io/sdk/workflow"

// CardResolution is what a person has found out about a card whose outcome was unknown.
type CardResolution struct {
	// Issued reports whether the card exists.
	Issued bool `json:"issued"`
	// RunID is the failed run of the order that the person looked into.
	RunID string `json:"run_id"`
	// Card is the workflow ID of the [DeferredCard] that the person looked into; empty if the issuer issues at once.
	Card string `json:"card,omitempty"`
}

// ResolveCardInput is what was found out, and by whom.
type ResolveCardInput struct {
	CardResolution
	// By and Reason are for the record.
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// ResolveCard does nothing but stay on record. The activity that issues the card looks it up when the order is rerun.
// It is a workflow of its own because a reset of the order would discard what the order itself was told.
func ResolveCard(_ workflow.Context, in ResolveCardInput) (CardResolution, error) {
	return in.CardResolution, nil
}
