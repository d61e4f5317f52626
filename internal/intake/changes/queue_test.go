package changes_test

import (
	"context"
	"errors"
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
func began(t *testing.T, c *checker, lost func(int, error)) *changes.Queue {
	t.Helper()
	q := changes.New(c, rules, lost)
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

// What waits is looked at with the rules, and a batch that fails is lost: the sweep makes up for it.
func TestLook(t *testing.T) {
	t.Parallel()
	c := &checker{}
	lost := 0
	q := began(t, c, func(orders int, err error) {
		require.Error(t, err)
		lost += orders
	})
	require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: "1"}))
	require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: "2"}))
	require.Zero(t, q.Drain(t.Context()))
	require.Equal(t, [][]string{{"1", "2"}}, c.asked)
	require.Zero(t, lost)

	c.err = errors.New("the shop is away")
	q = began(t, c, func(orders int, err error) {
		require.ErrorIs(t, err, c.err)
		lost += orders
	})
	require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: "3"}))
	require.Equal(t, 1, q.Drain(t.Context()))
	require.Equal(t, 1, lost)

	nobody := func(context.Context) (*intake.ChangeRules, error) { return nil, nil }
	q = changes.New(c, nobody, nil)
	require.Equal(t, webhook.Queued, q.Take(webhook.Notice{Order: "4"}))
	require.Zero(t, q.Drain(t.Context()))
	require.Len(t, c.asked, 2, "nobody looks for changed orders")
}
