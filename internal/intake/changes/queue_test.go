package changes_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/changes"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// checker records the orders that it is asked to look at.
type checker struct {
	asked [][]string
	err   error
}

func (c *checker) Check(_ context.Context, rules intake.ChangeRules, numbers []string) (intake.Checked, error) {
	if rules.Shop != "shop" {
		return intake.Checked{}, errors.New("other rules")
	}
	c.asked = append(c.asked, numbers)
	return intake.Checked{Started: len(numbers)}, c.err
}

func rules(context.Context) (*intake.ChangeRules, error) {
	return &intake.ChangeRules{Shop: "shop", SKUs: []string{"GIFT-25"}}, nil
}

// began returns a queue that has learned the rules.
func began(t *testing.T, c *checker, report func(int, intake.Checked, error)) *changes.Queue {
	t.Helper()
	q := changes.New(c, rules, report)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	q.Run(ended)
	return q
}

func TestTake(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		notice webhook.Notice
		want   webhook.Outcome
	}{
		"a gift card":       {webhook.Notice{Order: "1", SKUs: []string{"PEN", "GIFT-25"}, LinesKnown: true}, webhook.Queued},
		"other goods":       {webhook.Notice{Order: "1", SKUs: []string{"PEN", "gift-25"}, LinesKnown: true}, webhook.Ignored},
		"a refund":          {webhook.Notice{Order: "1"}, webhook.Queued},
		"about no order":    {webhook.Notice{Product: "7"}, webhook.Ignored},
		"lines, not all":    {webhook.Notice{Order: "1", SKUs: []string{"PEN"}}, webhook.Queued},
		"an order of tips?": {webhook.Notice{Order: "1", LinesKnown: true}, webhook.Ignored},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, began(t, &checker{}, nil).Take(tt.notice))
		})
	}
	unlearned := changes.New(&checker{}, rules, nil)
	require.Equal(t, webhook.Queued, unlearned.Take(webhook.Notice{Order: "1", LinesKnown: true}),
		"what a gift card is is not known yet")
	require.Equal(t, []string{"orders/cancelled", "refunds/create"}, unlearned.Topics())
}

// What waits is looked at together, each order once, and a batch that fails is reported: the sweep makes up for it.
func TestDrain(t *testing.T) {
	t.Parallel()
	c := &checker{err: errors.New("the shop is away")}
	lost := 0
	q := began(t, c, func(orders int, _ intake.Checked, err error) {
		require.Error(t, err)
		lost += orders
	})
	for n := range 600 {
		for range 2 {
			require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: strconv.Itoa(n)}))
		}
	}
	q.Drain(t.Context())
	require.Len(t, c.asked, 3)
	all := slices.Concat(c.asked...)
	require.Len(t, all, 600)
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 600)
	require.Equal(t, 600, lost)
	require.Equal(t, webhook.Full, q.Take(webhook.Notice{Order: "9999"}), "it is closed")
}

// The queue is bounded.
func TestFull(t *testing.T) {
	t.Parallel()
	q := began(t, &checker{}, nil)
	outcomes := map[webhook.Outcome]int{}
	for n := range 10_500 {
		outcomes[q.Take(webhook.Notice{Order: strconv.Itoa(n)})]++
	}
	require.Equal(t, map[webhook.Outcome]int{webhook.Queued: 10_000, webhook.Full: 500}, outcomes)
}
