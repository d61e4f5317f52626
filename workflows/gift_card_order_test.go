package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

func TestOrder(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	order := orderNumber(1, 1)
	out := e.order(t, workflows.GiftCardOrderInput{
		Order: order, AuditPrefix: "TWS-", RetryBudget: workflows.Duration(time.Hour),
	})
	audit := giftcard.AuditNumber("TWS-", shop, "5001", "900", 1)
	require.Equal(t, []activities.LookUpMerchantInput{
		{OrderName: "#1001", Customer: order.Customer, RetryBudget: time.Hour},
	}, e.looked)
	asked := activities.IssueCardInput{
		OrderName: "#1001", Unit: 1, AuditNumber: audit, MerchantCode: "TWS", Price: "25.0", Currency: "USD",
		Recipient: order.Lines[0].Recipient, ReadAt: noon, RetryBudget: time.Hour,
	}
	require.Equal(t, []activities.IssueCardInput{asked}, e.issued)
	require.Equal(t, workflows.GiftCardOrderResult{
		MerchantCode: "TWS", Cards: []workflows.IssuedCard{{Unit: 1, LineID: "900", IssueCardResult: cardOf(asked)}},
	}, out)
	require.Equal(t, []string{"Issued 1 gift card for merchant TWS."}, e.calls.details)
}

// A merchant that came with the order is not looked up, unless it was found long ago: an operator who resets an order
// to its first task days later wants a new look-up.
func TestOrderWithItsMerchant(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		age  time.Duration
		want string
	}{
		"just found":            {0, "FOUND"},
		"by a clock ahead":      {-time.Minute, "FOUND"},
		"just good":             {time.Hour - time.Nanosecond, "FOUND"},
		"long ago":              {time.Hour, "TWS"},
		"before a reset, later": {48 * time.Hour, "TWS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			found := activities.LookUpMerchantResult{MerchantCode: "FOUND", At: noon.Add(-tt.age)}
			out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 2), Merchant: &found})
			require.Equal(t, tt.want, out.MerchantCode)
			require.Len(t, e.issued, 2)
			for _, asked := range e.issued {
				require.Equal(t, tt.want, asked.MerchantCode)
				require.Equal(t, tt.want == "FOUND", asked.At.Equal(found.At), "the day of delivery is judged by when it was found")
			}
			require.Equal(t, tt.want != "FOUND", len(e.looked) == 1)
		})
	}
}

// Units are numbered across lines; each has its line and an audit number of its own.
func TestOrderOfSeveralLines(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	out := e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 2, 1, 3)})
	var units []int
	var lines []string
	audits := map[string]bool{}
	for _, c := range out.Cards {
		units, lines = append(units, c.Unit), append(lines, c.LineID)
		audits[c.AuditNumber] = true
		require.Equal(t, fmt.Sprint("CS", c.Unit), c.OrderNumber)
	}
	require.Equal(t, []int{1, 2, 3, 4, 5, 6}, units)
	require.Equal(t, []string{"900", "900", "901", "902", "902", "902"}, lines)
	require.Len(t, audits, 6)
	require.Equal(t, []string{"Issued 6 gift cards for merchant TWS."}, e.calls.details)
}

func TestOrderIssuesTenAtOnce(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	require.Len(t, e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 35)}).Cards, 35)
	var inFlight int
	for _, c := range e.calls.of("IssueCard") {
		inFlight = max(inFlight, c.inFlight)
	}
	require.Equal(t, 10, inFlight)
}

func TestOrderOptions(t *testing.T) {
	t.Parallel()
	for name, queue := range map[string]string{"common queue": "", "queue of its own": workflows.IssueTaskQueue} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 2), IssueTaskQueue: queue})
			require.Equal(t, []string{"LookUpMerchant", "IssueCard", "IssueCard"}, e.calls.whats())
			require.Equal(t, "merchant of the customer", e.calls.asked[0].activity.Summary)
			for i, c := range e.calls.of("IssueCard") {
				require.Equal(t, fmt.Sprintf("card %d of 2", i+1), c.activity.Summary)
				if queue != "" {
					require.Equal(t, queue, c.activity.TaskQueue)
				}
			}
			for _, c := range e.calls.asked {
				require.Equal(t, workflows.MaxIssueTime, c.activity.StartToCloseTimeout)
				require.Zero(t, c.activity.ScheduleToCloseTimeout, "it would count the wait in a rate-limited queue")
				require.Zero(t, c.activity.HeartbeatTimeout)
				require.Zero(t, c.activity.RetryPolicy.MaximumAttempts)
				require.Equal(t, time.Second, c.activity.RetryPolicy.InitialInterval)
				require.Equal(t, time.Minute, c.activity.RetryPolicy.MaximumInterval)
			}
			require.NotEqual(t, queue == "", e.calls.of("IssueCard")[0].activity.TaskQueue == workflows.IssueTaskQueue)
			require.NotEqual(t, workflows.IssueTaskQueue, e.calls.of("LookUpMerchant")[0].activity.TaskQueue)
		})
	}
}

// A transient failure is retried, at most a minute apart, and each request for the card has the same audit number.
func TestOrderRetries(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	attempts := 0
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) {
		if attempts++; attempts < 9 {
			return activities.IssueCardResult{}, transient("order #1001, card 1: no answer")
		}
		return cardOf(in), nil
	}
	e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 1)})
	require.Len(t, e.issued, 9)
	for _, in := range e.issued {
		require.Equal(t, e.issued[0], in)
	}
	require.Equal(t, noon.Add((1+2+4+8+16+32+2*60)*time.Second), e.Now().UTC().Truncate(time.Second))
}

// A card that existed already counts as issued.
func TestOrderWhoseCardExisted(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) {
		return activities.IssueCardResult{AuditNumber: in.AuditNumber, Amount: "25.00", Currency: "USD", Existed: true}, nil
	}
	require.True(t, e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 1)}).Cards[0].Existed)
}

// Each card gets the time at which its order was read, by no clock that is ahead of Temporal's.
func TestCardsKnowWhenTheirOrderWasRead(t *testing.T) {
	t.Parallel()
	for read, want := range map[time.Time]time.Time{
		{}:                       noon,
		noon.Add(time.Minute):    noon,
		noon.Add(-2 * time.Hour): noon.Add(-2 * time.Hour),
	} {
		e := newEnv(t)
		e.order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, 1), ReadAt: read})
		require.Equal(t, want, e.issued[0].ReadAt)
	}
}

// Each card has the text with which the order was taken in, also in a run that follows another one: a repeated request
// with another text, or with none, would be a different order to the issuer.
func TestOrderKeepsItsAdditionalContent(t *testing.T) {
	t.Parallel()
	order := orderNumber(1, 2)
	audits := []string{
		giftcard.AuditNumber("", shop, order.ID, "900", 1), giftcard.AuditNumber("", shop, order.ID, "900", 2),
	}
	for name, release := range map[string]*workflows.Release{
		"first run": nil, "another run": {RunID: "first", AuditNumbers: audits},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.order(t, workflows.GiftCardOrderInput{Order: order, AdditionalContent: "Try our new shop.", Release: release})
			require.Len(t, e.issued, 2)
			for _, asked := range e.issued {
				require.Equal(t, "Try our new shop.", asked.AdditionalContent)
			}
		})
	}
}

// Of an order that a person has released, only the chosen cards are issued, and each looks at the order's other runs
// first: they may have requested it.
func TestReleasedOrder(t *testing.T) {
	t.Parallel()
	order := orderNumber(1, 3)
	second := giftcard.AuditNumber("", shop, order.ID, "900", 2)
	e := newEnv(t)
	e.order(t, workflows.GiftCardOrderInput{
		Order: order, HoldUnderpaid: true, Release: &workflows.Release{RunID: "left", AuditNumbers: []string{second}},
	})
	require.Len(t, e.issued, 1)
	require.Equal(t, second, e.issued[0].AuditNumber)
	require.True(t, e.issued[0].Again)
	require.Empty(t, e.issued[0].PaidFor, "a person has decided")
	require.True(t, e.looked[0].Again)

	e = newEnv(t)
	e.order(t, workflows.GiftCardOrderInput{Order: order, HoldUnderpaid: true})
	require.Len(t, e.issued, 3)
	require.False(t, e.issued[0].Again)
	require.Equal(t, []string{"GIFT-25"}, e.issued[0].PaidFor)
	require.False(t, e.issued[0].HoldRisky)

	e = newEnv(t)
	e.order(t, workflows.GiftCardOrderInput{Order: order, HoldRisky: true})
	require.True(t, e.issued[0].HoldRisky)
	e = newEnv(t)
	e.order(t, workflows.GiftCardOrderInput{
		Order: order, HoldRisky: true, Release: &workflows.Release{RunID: "left", AuditNumbers: []string{second}},
	})
	require.False(t, e.issued[0].HoldRisky, "a person has decided")
}

// An order waits from its creation on, and is read again after that. Only a wait makes a difference.
func TestGiftCardOrderWaits(t *testing.T) {
	t.Parallel()
	const after = workflows.Duration(time.Hour)
	for name, tt := range map[string]struct {
		age     time.Duration
		in      workflows.GiftCardOrderInput
		waits   time.Duration
		release bool
	}{
		"new":                        {0, workflows.GiftCardOrderInput{IssueAfter: after}, time.Hour, false},
		"taken in late":              {50 * time.Minute, workflows.GiftCardOrderInput{IssueAfter: after}, 10 * time.Minute, false},
		"taken in after that":        {2 * time.Hour, workflows.GiftCardOrderInput{IssueAfter: after}, 0, false},
		"by a clock that is ahead":   {-time.Hour, workflows.GiftCardOrderInput{IssueAfter: after}, time.Hour, false},
		"not told to":                {0, workflows.GiftCardOrderInput{}, 0, false},
		"released: a person decided": {0, workflows.GiftCardOrderInput{IssueAfter: after}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			began := e.Now()
			tt.in.Order = orderNumber(1, 1)
			tt.in.Order.CreatedAt = began.Add(-tt.age)
			if tt.release {
				audit := giftcard.AuditNumber("", tt.in.Order.Shop, tt.in.Order.ID, tt.in.Order.Lines[0].ID, 1)
				tt.in.Release = &workflows.Release{RunID: "left", AuditNumbers: []string{audit}}
			}
			var timers []time.Duration
			e.SetOnTimerScheduledListener(func(_ string, d time.Duration) { timers = append(timers, d) })
			e.order(t, tt.in)
			require.Len(t, e.issued, 1)
			require.Equal(t, tt.waits > 0, e.issued[0].Waited)
			if tt.waits == 0 {
				require.Empty(t, timers)
				return
			}
			require.Equal(t, []time.Duration{tt.waits}, timers)
		})
	}
}
