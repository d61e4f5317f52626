package products_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/intake/products"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

var skus = []string{"GIFT-25", "GIFT-50"}

func TestScreen(t *testing.T) {
	t.Parallel()
	c := products.New(products.Options{SKUs: skus})
	for name, tt := range map[string]struct {
		notice webhook.Notice
		want   webhook.Outcome
	}{
		"a mug":                       {webhook.Notice{Topic: "products/update", SKUs: []string{"MUG"}, LinesKnown: true}, webhook.Ignored},
		"without a SKU":               {webhook.Notice{Topic: "products/update", LinesKnown: true}, webhook.Ignored},
		"a gift card":                 {webhook.Notice{Topic: "products/update", SKUs: []string{"MUG", "GIFT-50"}, LinesKnown: true}, webhook.Queued},
		"more variants than are told": {webhook.Notice{Topic: "products/update", SKUs: []string{"MUG"}}, webhook.Queued},
		"deleted, whatever it was":    {webhook.Notice{Topic: "products/delete", Product: "7"}, webhook.Queued},
		"another topic":               {webhook.Notice{Topic: "orders/create", SKUs: skus}, webhook.Ignored},
		"the app":                     {webhook.Notice{Topic: "app/uninstalled"}, webhook.Queued},
	} {
		require.Equal(t, tt.want, c.Take(tt.notice), name)
	}
	require.Equal(t, []string{"products/update", "products/delete", "app/uninstalled"}, c.Topics())
}

// A flood of changes costs one look in five minutes, and the last change is looked at.
func TestLooksAreRare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		var looks []time.Duration
		c := products.New(products.Options{SKUs: skus, Look: func(context.Context) error {
			looks = append(looks, time.Since(began))
			return nil
		}})
		go c.Run(ctx)
		change := webhook.Notice{Topic: "products/update", SKUs: []string{"GIFT-25"}, LinesKnown: true}
		for range 700 { // Nearly twelve minutes.
			c.Take(change)
			pass(time.Second)
		}
		pass(time.Hour)
		require.Equal(t, []time.Duration{0, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}, looks)
		c.Take(webhook.Notice{Topic: "products/delete"})
		synctest.Wait()
		require.Len(t, looks, 5, "after a rest it looks at once")
		stop()
		synctest.Wait()
	})
}

func TestLookThatFailsIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		looks, failed := 0, 0
		c := products.New(products.Options{
			Look: func(ctx context.Context) error {
				looks++
				if _, bounded := ctx.Deadline(); !bounded || looks < 3 {
					return errors.New("away")
				}
				return nil
			},
			Failed: func(error) { failed++ },
		})
		go c.Run(ctx)
		c.Take(webhook.Notice{Topic: "products/delete"})
		pass(time.Hour)
		require.Equal(t, []int{3, 2}, []int{looks, failed})
		stop()
		synctest.Wait()
	})
}

// The alarm does not wait for a look: without the app, nothing can be looked at.
func TestUninstalled(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	var told []time.Time
	c := products.New(products.Options{
		Uninstalled: func(at time.Time) { told = append(told, at) }, Now: func() time.Time { return at.Add(time.Hour) },
	})
	c.Take(webhook.Notice{Topic: "app/uninstalled", TriggeredAt: at})
	c.Take(webhook.Notice{Topic: "app/uninstalled"})
	require.Equal(t, []time.Time{at, at.Add(time.Hour)}, told)
}

// pass lets time pass in a bubble, where nobody waits for it.
func pass(d time.Duration) { <-time.After(d) }
