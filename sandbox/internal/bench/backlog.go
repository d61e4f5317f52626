package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// BacklogOptions configures the backlog benchmark.
type BacklogOptions struct {
	// Orders is the number of orders that the search finds in one window. GiftCards is the share of them that are
	// gift-card orders of one card. The others are found as well and left out.
	Orders    int
	GiftCards float64
	// Plan is the shop's plan, one of [Plans].
	Plan string
	// Outage configures the outage of the issuer.
	Outage OutageOptions
}

// Cards returns the number of cards for the orders of the window.
func (o BacklogOptions) Cards() int { return int(float64(o.Orders) * o.GiftCards) }

// WindowReport is the result of polling a large window.
type WindowReport struct {
	Orders    int `json:"orders"`
	GiftCards int `json:"gift_card_orders"`
	// Pages is the number of pages that the shop returned. Queries that it refused do not count.
	Pages    int     `json:"pages"`
	PollTime float64 `json:"poll_seconds"`
	// TotalTime ends with the last card and workflow.
	TotalTime float64 `json:"total_seconds"`
	// WorkerRSS is the peak memory of the worker.
	WorkerRSS float64 `json:"worker_peak_rss_mib"`
	WorkerCPU float64 `json:"worker_cpu_seconds"`
	ServerRSS float64 `json:"temporal_peak_rss_mib"`
	// MostPending is the largest number of pending children of a run of the poll, at PendingLooks looks, two a second.
	MostPending  int         `json:"most_pending_children"`
	PendingLooks int         `json:"pending_looks"`
	Histories    []Histories `json:"histories"`
	Plan         string      `json:"plan"`
	Points       Points      `json:"points"`
}

// window polls a large window, and waits until all its cards are issued.
func window(ctx context.Context, p *Programs, o BacklogOptions, say Say) (_ *WindowReport, err error) {
	shop, err := shopOn(o.Plan)
	if err != nil {
		return nil, err
	}
	rig, err := p.OpenRig(ctx, RigOptions{Workers: 1, Shop: shop})
	if err != nil {
		return nil, err
	}
	defer rig.Close()
	say("placing %d orders, %d of them gift-card orders", o.Orders, o.Cards())
	rig.placeMixed(o.Orders, o.Cards(), time.Now().Add(-time.Hour))
	began := time.Now()
	poll, err := rig.Poll(ctx)
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watch := watchChildren(watching, rig.Server.Client, poll.WorkflowID)
	go rig.tell(watching, o.Cards(), say)
	result, err := rig.Await(ctx, poll)
	if err != nil {
		return nil, err
	}
	polled := time.Since(began)
	stop()
	pending := <-watch
	if result.Seen != o.Orders || result.Started != o.Cards() {
		return nil, fmt.Errorf("the poll saw %d orders and started %d, want %d and %d",
			result.Seen, result.Started, o.Orders, o.Cards())
	}
	if pending.looks == 0 {
		return nil, errors.New("nothing is known of the poll's children: Temporal told at no look")
	}
	say("all are taken in; waiting for the last cards")
	if err := rig.Settle(ctx); err != nil {
		return nil, err
	}
	report := &WindowReport{
		Orders: o.Orders, GiftCards: o.Cards(), PollTime: polled.Seconds(), TotalTime: time.Since(began).Seconds(),
		MostPending: pending.most, PendingLooks: pending.looks, Plan: o.Plan, Points: points(rig, shop, polled),
		Pages: pages(rig.Shop.Stats()),
	}
	if err := issuedOnce(rig.Issuer, o.Cards()); err != nil {
		return nil, err
	}
	worker, err := rig.Workers[0].Usage()
	if err != nil {
		return nil, err
	}
	temporal, err := rig.Server.Usage()
	if err != nil {
		return nil, err
	}
	report.WorkerRSS, report.WorkerCPU = mebibytes(worker.PeakRSS), worker.CPU.Seconds()
	report.ServerRSS = mebibytes(temporal.PeakRSS)
	say("looking at all histories")
	report.Histories, err = rig.Server.histories(ctx)
	return report, err
}

// placeMixed places the given number of orders that the search finds, one per millisecond, with the gift-card orders
// spread evenly among them. The others are of the kinds that are most frequent in shops: an accessory for a gift card,
// a mixed order, and an unpaid order.
func (r *Rig) placeMixed(orders, cards int, at time.Time) {
	for i := range orders {
		at := at.Add(time.Duration(i) * time.Millisecond)
		if i*cards/orders != (i+1)*cards/orders {
			r.Place(1, at)
			continue
		}
		sku := scenario.SKUs()[0]
		address := fmt.Sprintf("other-%d@example.com", i)
		o := shopifytest.Order{
			CreatedAt: at, UpdatedAt: at, Email: address,
			Customer: &shopifytest.Customer{DisplayName: "Somebody", Email: address},
			Lines:    []shopifytest.LineItem{{SKU: sku, Title: "Gift card", Quantity: 1, UnitPrice: "25.0"}},
		}
		switch i % 3 {
		case 0:
			o.Lines[0].SKU += "-SLEEVE"
		case 1:
			o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "MUG", Title: "Mug", Quantity: 1, UnitPrice: "12.5"})
		default:
			o.FinancialStatus = "PENDING"
		}
		r.Shop.AddOrder(o)
	}
}

// tellEvery is the interval between progress lines about the cards.
const tellEvery = 10 * time.Second

// tell reports how many of the cards have been issued, until ctx ends.
func (r *Rig) tell(ctx context.Context, cards int, say Say) {
	for wait(ctx, tellEvery) == nil {
		say("%d of %d cards, %d pages read", created(r.Issuer.Stats().Requests[cashstartest.CreateOrder]), cards,
			pages(r.Shop.Stats()))
	}
}

// pages returns the number of answers to queries for orders, without the answers that report throttling.
func pages(s shopifytest.Stats) int {
	return s.Answers["orders"][http.StatusOK] - s.Errors[codeThrottled]
}
