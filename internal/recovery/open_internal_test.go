package recovery

import (
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
)

// A card that a run is requesting, or will request again after an unclear attempt, is open.
func TestOpenCards(t *testing.T) {
	t.Parallel()
	const (
		scheduled = enumspb.PENDING_ACTIVITY_STATE_SCHEDULED
		started   = enumspb.PENDING_ACTIVITY_STATE_STARTED
		paused    = enumspb.PENDING_ACTIVITY_STATE_PAUSED
	)
	tests := map[string]struct {
		state   enumspb.PendingActivityState
		attempt int32
		note    any // nil means that no attempt has left one
		other   bool
		want    bool
	}{
		"waits for its first attempt":          {state: scheduled, attempt: 1},
		"is in its first attempt":              {state: started, attempt: 1, want: true},
		"was cut off":                          {state: scheduled, attempt: 2, want: true},
		"was cut off after a clear attempt":    {state: scheduled, attempt: 3, note: activities.AttemptNote{ClearUntil: 1}, want: true},
		"was refused":                          {state: scheduled, attempt: 2, note: activities.AttemptNote{ClearUntil: 1}},
		"was refused, and is requested again":  {state: started, attempt: 2, note: activities.AttemptNote{ClearUntil: 1}, want: true},
		"was refused, and waits for a person":  {state: paused, attempt: 3, note: activities.AttemptNote{ClearUntil: 2}},
		"is in doubt, and waits for a person":  {state: paused, attempt: 2, note: activities.AttemptNote{Asked: true}, want: true},
		"has a note that nobody understands":   {state: scheduled, attempt: 2, note: "clear", want: true},
		"is not the activity of a card at all": {state: started, attempt: 1, other: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h historytest.Events
			event := ask(t, &h)
			h[event-1].GetActivityTaskScheduledEventAttributes().ActivityId = strconv.FormatInt(event, 10)
			p := &workflowpb.PendingActivityInfo{
				ActivityId: strconv.FormatInt(event, 10), ActivityType: &commonpb.ActivityType{Name: activities.IssueCardType},
				State: tt.state, Attempt: tt.attempt,
			}
			if tt.note != nil {
				p.HeartbeatDetails = payloads(t, tt.note)
			}
			if tt.other {
				p.ActivityType.Name = "LookUpMerchant"
			}
			o := recoveryOf(&orderRuns{
				histories: map[string]historytest.Events{thisRun: h}, pending: []*workflowpb.PendingActivityInfo{p},
			})
			open, err := o.OpenCards(t.Context(), "gift-card-order/shop/5001", thisRun)
			require.NoError(t, err)
			require.Equal(t, tt.want, open[audit])
			require.Equal(t, tt.want, len(open) == 1)
		})
	}
	_, err := recoveryOf(&orderRuns{}).OpenCards(t.Context(), "gift-card-order/shop/5001", thisRun)
	require.ErrorContains(t, err, "read the pending activities of gift-card-order/shop/5001")
	require.Error(t, errors.Unwrap(err))
}
