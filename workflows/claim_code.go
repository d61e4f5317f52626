package workflows

import "go.temporal.io/sdk/workflow"

// ClaimMemoKey is the memo key under which a claim holds the key of its unit.
const ClaimMemoKey = "Unit"

// CodeClaim says to which unit the code of a card belongs.
type CodeClaim struct {
	// Key is the idempotency key of the unit.
	Key string `json:"key"`
}

// ClaimCode does nothing but stay on record: its ID, which holds an ID of the code, exists once. So two units that are
// told of the same card cannot both use it.
func ClaimCode(_ workflow.Context, in CodeClaim) (CodeClaim, error) { return in, nil }
