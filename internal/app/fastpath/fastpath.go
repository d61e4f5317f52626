// Package fastpath wires the intake of orders that the shop announces by webhooks.
package fastpath

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/intake/arrivals"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/telemetry"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/workflows"
)

// Options are the options of the fast path.
type Options struct {
	Config config.Config
	// Operator is connected as a process that starts orders; see [app.NewLazyOperator].
	Operator *operator.Operator
	// Telemetry measures; it may be nil.
	Telemetry *telemetry.Telemetry
	Log       zerolog.Logger
}

// FastPath takes orders in when they are announced, and acts on what else the shop announces.
type FastPath struct {
	queue *arrivals.Queue
	hints hints
	log   zerolog.Logger
}

// New returns a fast path. It connects to nothing until orders are announced.
func New(o Options) (*FastPath, error) {
	shop, err := app.NewAnnounced(o.Config, o.Telemetry)
	if err != nil {
		return nil, err
	}
	accounts, err := app.NewAccounts(o.Config, o.Telemetry)
	if err != nil {
		return nil, err
	}
	log := notes{o.Log}
	meter, err := newMeter(o.Telemetry.Meter())
	if err != nil {
		return nil, fmt.Errorf("set up the metrics of announced orders: %w", err)
	}
	desk := &desk{operator: o.Operator, config: o.Config}
	options := arrivals.Options{Shop: shop, Code: o.Config.Issue.MerchantCode, Meter: meter, Log: log, Desk: desk}
	switch {
	case accounts != nil:
		options.Accounts = accounts
	case o.Config.IssuesAtOnce():
		log.Info("no credentials for the issuer: announced orders look up their accounts themselves")
	}
	f := &FastPath{queue: arrivals.New(options), hints: newHints(o, desk, shop, meter), log: o.Log}
	return f, meter.observe(f.queue.Len)
}

// Consumers returns what takes the shop's notices.
func (f *FastPath) Consumers() []webhook.Consumer {
	return append([]webhook.Consumer{f.queue}, f.hints.consumers()...)
}

// Run takes announced orders in, and acts on the other notices, until ctx ends.
func (f *FastPath) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { f.queue.Run(ctx) })
	all.Go(func() { f.hints.run(ctx) })
	all.Wait()
}

// Drain takes in what waits until ctx ends, and returns how many orders are left to the poll. It is called once no notices
// come any more, before or after the end of [FastPath.Run].
func (f *FastPath) Drain(ctx context.Context) int {
	var all sync.WaitGroup
	all.Go(func() { f.hints.drain(ctx, f.log) })
	left := f.queue.Drain(ctx)
	all.Wait()
	if left > 0 {
		f.log.Warn().Int("orders", left).Msg("announced orders are left to the next poll")
	}
	return left
}

// notes writes the queue's messages to the log.
type notes struct{ log zerolog.Logger }

// Warn implements [arrivals.Log].
func (n notes) Warn(message string, err error) { n.log.Warn().Err(err).Msg(message) }

// Info implements [arrivals.Log].
func (n notes) Info(message string) { n.log.Info().Msg(message) }

// errNoSchedule is returned as long as nothing says how orders are taken in.
var errNoSchedule = errors.New("schedule " + workflows.PollScheduleID + " does not exist; run: " + buildinfo.Program +
	" schedules")
