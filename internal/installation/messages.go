package installation

import (
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// sweepMessagesEvery is how often orders are looked for that changed without a webhook.
	sweepMessagesEvery = time.Hour
	// sweepMessagesRecent is how far back the first of these sweeps looks, and sweepMessagesOverlap how far a further one looks back
	// before the end of the last one: Shopify finds changes some time after they were made.
	sweepMessagesRecent  = 2 * time.Hour
	sweepMessagesOverlap = 10 * time.Minute
)

// messagesSchedule returns the schedule of the sweep for messages, of the shop under whose name orders are taken in.
func (o *Installation) messagesSchedule(poll workflows.PollOrdersInput) schedule {
	shop := o.Configured().Shop
	if poll.Identity != nil && poll.Identity.Shop != "" {
		shop = poll.Identity.Shop
	}
	return schedule{
		id: workflows.SweepMessagesScheduleID, workflow: workflows.SweepMessagesType,
		summary: "Look for orders that changed without a webhook",
		off:     !o.Configured().Messages,
		spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sweepMessagesEvery}}},
		catchUp: sweepCatchUp,
		input: workflows.SweepMessagesInput{
			Shop: shop, Recent: workflows.Duration(sweepMessagesRecent), Overlap: workflows.Duration(sweepMessagesOverlap),
		},
	}
}
