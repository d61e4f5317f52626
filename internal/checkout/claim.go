package checkout

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// RedemptionID returns the ID of what a client asks for with an idempotency key. It does not reveal the key.
func (d *Desk) RedemptionID(clientName, key string) string {
	return d.keyed("giftbridge redemption " + clientName + "\n" + key)[:32]
}

// hash returns what a claim keeps of a request. A request holds a code, and there are few enough codes to try them all, so it
// takes a key.
func (d *Desk) hash(body string) string { return d.keyed("giftbridge request\n" + body) }

func (d *Desk) keyed(message string) string {
	mac := hmac.New(sha256.New, d.IDKey)
	_, _ = mac.Write([]byte(message))
	return hex.EncodeToString(mac.Sum(nil))
}

// claim says what a key was used for.
type claim struct {
	workflows.RedemptionClaim

	// at is when another request has made it; zero if this one has.
	at time.Time
}

// claim claims a key for a request. It returns the claim that exists, and whether another request has made it.
func (d *Desk) claim(
	ctx context.Context, clientName, id string, c workflows.RedemptionClaim,
) (existing *claim, others bool, err error) {
	_, err = d.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: workflows.ClaimRedemptionID(clientName, id), TaskQueue: workflows.TaskQueue,
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{workflows.RedemptionMemoKey: c},
	}, workflows.ClaimRedemptionType, c)
	switch {
	case err == nil:
		return &claim{RedemptionClaim: c}, false, nil
	case executions.IsAlreadyStarted(err):
		existing, err = d.claimed(ctx, clientName, id)
		if err == nil && existing == nil {
			err = unavailable(errors.New("read the claim of redemption " + id + ": it is gone"))
		}
		return existing, true, err
	}
	return nil, false, unavailable(fmt.Errorf("claim redemption %s: %w", id, err))
}

// claimed returns the claim of a key; nil if there is none.
func (d *Desk) claimed(ctx context.Context, clientName, id string) (*claim, error) {
	found, err := d.Client.DescribeWorkflowExecution(ctx, workflows.ClaimRedemptionID(clientName, id), "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(fmt.Errorf("look for redemption %s: %w", id, err))
	}
	info := found.GetWorkflowExecutionInfo()
	c := claim{at: info.GetStartTime().AsTime()}
	if err := d.Converter.FromPayload(info.GetMemo().GetFields()[workflows.RedemptionMemoKey], &c.RedemptionClaim); err != nil {
		return nil, unavailable(fmt.Errorf("read the claim of redemption %s: %w", id, err))
	}
	return &c, nil
}
