package fastpath

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/arrivals"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/workflows"
)

// desk reads the settings of the poll's schedule. It implements [arrivals.Desk]. All that acts on notices uses the same one.
type desk struct {
	operator *operator.Operator
	config   config.Config

	mu sync.Mutex
	// checked is the input that the configuration was checked against, and shop the shop in workflow IDs that this found.
	checked *workflows.PollOrdersInput
	shop    string
}

// Settings implements [arrivals.Desk]. It fails if the namespace belongs to another shop than the configuration.
func (d *desk) Settings(ctx context.Context) (arrivals.Settings, error) {
	in, paused, err := d.operator.ScheduledPoll(ctx)
	if err != nil {
		return nil, err
	}
	if in == nil {
		return nil, errNoSchedule
	}
	shop, checked := d.known(in)
	if !checked {
		pin, err := d.operator.CheckIdentity(ctx, func(ctx context.Context) string {
			return app.ShopID(ctx, d.config.Shopify)
		})
		if err != nil {
			return nil, fmt.Errorf("check that the configuration belongs to this installation: %w", err)
		}
		shop = d.config.Shopify.Shop
		if pin != nil {
			shop = pin.Shop
		}
		d.mu.Lock()
		d.checked, d.shop = in, shop
		d.mu.Unlock()
	}
	return &settings{operator: d.operator, poll: *in, shop: shop, paused: paused}, nil
}

// known returns the shop in workflow IDs, if the configuration was checked against this input.
func (d *desk) known(in *workflows.PollOrdersInput) (shop string, checked bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shop, reflect.DeepEqual(in, d.checked)
}

// settings are one version of the poll's settings. They implement [arrivals.Settings].
type settings struct {
	operator *operator.Operator
	poll     workflows.PollOrdersInput
	shop     string
	paused   bool
}

// Paused implements [arrivals.Settings].
func (s *settings) Paused() bool { return s.paused }

// Shop implements [arrivals.Settings].
func (s *settings) Shop() string { return s.shop }

// RulesAt implements [arrivals.Settings].
func (s *settings) RulesAt(now time.Time) giftcard.Rules { return s.poll.RulesAt(now) }

// MatchBy implements [arrivals.Settings].
func (s *settings) MatchBy() []string { return s.poll.MatchBy }

// NeedsAccount implements [arrivals.Settings].
func (s *settings) NeedsAccount(o giftcard.Order) bool { return s.poll.NeedsMerchant(o) }

// Start implements [arrivals.Settings].
func (s *settings) Start(ctx context.Context, o arrivals.Order) (bool, error) {
	in := workflows.InputOf(s.poll, o.Order)
	in.ReadAt, in.TakenInBy = o.ReadAt, workflows.ByWebhook
	if o.Account != "" {
		in.Merchant = &activities.LookUpMerchantResult{MerchantCode: o.Account, At: o.AccountAt}
	}
	return s.operator.StartOrder(ctx, in)
}

// Leave implements [arrivals.Settings].
func (s *settings) Leave(ctx context.Context, o giftcard.Order, reason giftcard.Reason) error {
	return s.operator.Claim(ctx, activities.LeftOrderOf(o, reason))
}
