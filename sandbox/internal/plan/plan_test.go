package plan_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/deliveries"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// The same seed gives the same plan, including orders and faults. Another seed gives another plan.
func TestPlanIsAFunctionOfItsSeed(t *testing.T) {
	t.Parallel()
	seen := map[string]uint64{}
	for seed := range uint64(50) {
		p := plan.New(seed, 160, time.Minute)
		require.Equal(t, p, plan.New(seed, 160, time.Minute))
		var text bytes.Buffer
		require.NoError(t, p.Print(&text))
		other, known := seen[text.String()]
		require.False(t, known, "seeds %d and %d", seed, other)
		seen[text.String()] = seed
	}
	require.NotEqual(t, plan.New(1, 160, time.Minute).Orders, plan.New(2, 160, time.Minute).Orders)
	require.NotEqual(t, plan.New(1, 160, time.Minute).Events, plan.New(1, 160, 2*time.Minute).Events)
}

// Whatever the seed, a plan of the usual size has 300 cards and contains every event.
func TestPlanHoldsEverything(t *testing.T) {
	t.Parallel()
	offsets := map[string]int{}
	for seed := range uint64(200) {
		p := plan.New(seed, 160, time.Minute).With(plan.WebhooksOn)
		require.GreaterOrEqual(t, p.Units(), 300, "seed %d", seed)
		require.Len(t, p.Orders, 160)
		kinds, ids := map[scenario.Kind]int{}, map[int64]bool{}
		for _, o := range p.Orders {
			kinds[o.Kind]++
			require.False(t, ids[o.Order.ID], "two orders with one number")
			ids[o.Order.ID] = true
			require.Less(t, o.At, p.Length)
		}
		for _, kind := range slices.Concat(scenario.Kinds(), scenario.LaterKinds()) {
			require.GreaterOrEqual(t, kinds[kind], 3, "seed %d: %s", seed, kind)
		}
		require.Len(t, p.Troubled(), len(plan.LaterTroubles)+len(plan.MailTroubles), "seed %d", seed)
		mails, addresses := map[plan.What]int{}, map[string]bool{}
		for _, m := range p.TroubledMails() {
			mails[m.What]++
			require.False(t, addresses[m.Address], "an order has one trouble")
			addresses[m.Address] = true
		}
		for _, what := range plan.MailTroubles {
			require.GreaterOrEqual(t, mails[what], plan.LeastBefallen, "seed %d: %s", seed, what)
		}
		promised := p.Promised()
		happenings := slices.Concat(plan.Happenings, plan.WebhookHappenings)
		for _, what := range happenings {
			require.Positive(t, promised[what], "seed %d: %s", seed, what)
		}
		require.Len(t, promised, len(happenings))
		for i, e := range p.Events {
			require.True(t, e.At >= 0 && e.At < p.Length)
			require.True(t, i == 0 || p.Events[i-1].At <= e.At, "in order")
		}
		switch {
		case p.ClockOffset > time.Minute:
			offsets["minutes ahead"]++
		case p.ClockOffset > 0:
			offsets["seconds ahead"]++
		case p.ClockOffset < 0:
			offsets["behind"]++
		default:
			offsets["right"]++
		}
	}
	require.Len(t, offsets, 4, "of 200 seeds, some have a clock that is off")
}

// Webhooks add events, and change nothing else of a plan.
func TestWebhooksAddToAPlan(t *testing.T) {
	t.Parallel()
	off := plan.New(7, 160, 2*time.Minute)
	require.Equal(t, off, off.With(plan.WebhooksOff))
	for _, w := range []plan.Webhooks{plan.WebhooksOn, plan.WebhooksLost} {
		p := off.With(w)
		require.Equal(t, p, off.With(w))
		require.Equal(t, off.Orders, p.Orders)
		require.Equal(t, off.Events, slices.DeleteFunc(slices.Clone(p.Events), func(e plan.Event) bool {
			return slices.Contains(plan.WebhookHappenings, e.What)
		}))
		require.Equal(t, 10, p.Promised()[plan.ReceiverKilled], "in two rounds")
	}
	require.True(t, deliveries.New(7, plan.Hurry).Enough(160), "the usual run")
	require.False(t, deliveries.New(7, plan.Hurry).Enough(50), "the shortest runs of the tests")
}

// The old secret is dropped only when the shop no longer uses it.
func TestSecretIsKeptLongEnough(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		for _, e := range plan.New(seed, 10, plan.MinLength).With(plan.WebhooksOn).Events {
			if e.What == plan.SecretRotated {
				require.Greater(t, e.For.Seconds()*deliveries.New(seed, plan.Hurry).Speed, time.Hour.Seconds())
			}
		}
	}
}

// A longer run does not spread the same few faults over more time.
func TestLongPlanHasMoreFaults(t *testing.T) {
	t.Parallel()
	short, long := plan.New(1, 160, time.Minute), plan.New(1, 160, 5*time.Minute)
	require.Equal(t, 5*short.Promised()[plan.TemporalKilled], long.Promised()[plan.TemporalKilled])
	require.Greater(t, len(long.Events), 4*len(short.Events))
}

// Messages give the orders customers, and change nothing else of a plan.
func TestMessagesAddToAPlan(t *testing.T) {
	t.Parallel()
	without := plan.New(7, 160, time.Minute)
	require.Empty(t, without.ToldTroubles())
	p := without.WithMessages()
	require.Equal(t, p, without.WithMessages())
	require.Equal(t, without, plan.New(7, 160, time.Minute), "the plan itself stays as it is")
	require.Equal(t, without.Events, p.Events)
	require.Len(t, p.ToldTroubles(), len(happenings.MessageTroubles)+len(happenings.MessageFates)+2)
	changed := 0
	for i, o := range p.Orders {
		before := without.Orders[i]
		require.Equal(t, before.At, o.At)
		for n, l := range o.Order.Lines {
			l.Title = before.Order.Lines[n].Title
			require.Equal(t, before.Order.Lines[n], l)
		}
		if before.Change == nil || before.Change.Fields["lines"] == nil {
			require.Equal(t, before.Change, o.Change)
			continue
		}
		changed++
		was, _ := before.Change.Fields["lines"].([]shopifytest.LineItem)
		is, _ := o.Change.Fields["lines"].([]shopifytest.LineItem)
		for n := range is {
			require.Equal(t, o.Order.Lines[n].Title, is[n].Title)
			is[n].Title = was[n].Title
		}
		require.Equal(t, was, is)
	}
	require.Positive(t, changed)
	require.Empty(t, plan.New(7, 50, plan.MinLength).WithMessages().ToldTroubles(), "the shortest runs of the tests")
}
