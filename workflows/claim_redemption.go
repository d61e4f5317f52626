package workflows

import "go.temporal.io/sdk/workflow"

// RedemptionMemoKey is the memo key under which a [ClaimRedemption] holds its [RedemptionClaim].
const RedemptionMemoKey = "Redemption"

// RedemptionClaim says what an idempotency key of a client was used for.
type RedemptionClaim struct {
	// Body is a hash of the request, so that the same key with another request is recognised.
	Body string `json:"body"`
	// CardWorkflowID is the workflow of the card, and Issuer the name of its issuer.
	CardWorkflowID string `json:"card_workflow_id"`
	Issuer         string `json:"issuer"`
}

// ClaimRedemption does nothing but stay on record: its ID, which holds an ID of the key, exists once. So a key means one
// request, whatever card it names, and a redemption is found by its ID.
func ClaimRedemption(_ workflow.Context, in RedemptionClaim) (RedemptionClaim, error) { return in, nil }
