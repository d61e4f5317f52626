package e2e_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// Whoever has Temporal's database but not the key learns nothing of a customer; whoever has the key sees it all.
func TestEncryption(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, config.PayloadKeySize)
	w := start(t, stack.Options{Configure: func(c *config.Config) {
		c.Payload = config.Payload{
			Encryption: config.EncryptionOn,
			Keys:       config.PayloadKeys{{ID: "k1", Key: config.NewSecret(string(key))}},
		}
	}})
	placed := w.place(stack.ForAFriend, stack.SeveralUnits, stack.UnknownMerchant)
	poll, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	_, err = poll.Wait(w.ctx)
	require.NoError(t, err)
	w.settle(len(placed))
	w.requireBalance()

	kept := []string{w.history(poll.WorkflowID, poll.RunID).String()}
	for _, p := range placed {
		kept = append(kept, w.history(orderID(p), "").String())
		d, err := w.plain.DescribeWorkflowExecution(w.ctx, orderID(p), "")
		require.NoError(t, err)
		kept = append(kept, d.String())
	}
	schedules, err := w.plain.WorkflowService().DescribeSchedule(w.ctx, &workflowservice.DescribeScheduleRequest{
		Namespace: w.Temporal.Namespace(), ScheduleId: "poll-orders",
	})
	require.NoError(t, err)
	kept = append(kept, schedules.String())
	for _, k := range kept {
		require.Contains(t, k, "binary/encrypted")
		for _, secret := range []string{
			"example.com", "buyer-", "friend-", "Grandma", "Thanks so much", "Widget Store", "Stranger", "recipient",
			"is not among CashStar",
		} {
			require.NotContains(t, k, secret)
		}
	}

	env := "PAYLOAD_ENCRYPTION=on"
	keys := "PAYLOAD_KEYS=k1:" + base64.StdEncoding.EncodeToString(key)
	seen := w.starter([]string{env, keys}, "orders", "show", placed[2].Name)
	require.Contains(t, seen.stdout, "MerchantUnknown: order #1003")
	require.Contains(t, w.starter([]string{env, keys}, "orders", "show", "#1001").stdout, "card 1")
	changes, err := w.Operator.EnsureSchedules(w.ctx)
	require.NoError(t, err)
	for _, c := range changes {
		require.Equal(t, operator.Unchanged, c.Did, "%s: every encryption of the same is different", c.What)
	}
}
