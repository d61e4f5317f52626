// Package customers has the customers of a laboratory who are told about their orders: it changes the orders of ordinary goods, has
// products sell out and return, and compares what the customers were told with what became of the orders.
package customers

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/told"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/telling"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
)

// Options are what customers need. All are needed.
type Options struct {
	Plan     plan.Plan
	Control  storm.Control
	Operator *operator.Operator
	// Change changes an order in the shop: it sends body to a route.
	Change func(ctx context.Context, method, route string, body any) error
	Say    output.Say
}

// Customers are those who are told about their orders.
type Customers struct {
	Options

	mu      sync.Mutex
	changes []told.Change
	people  map[int64]told.Person
	swept   int
	tally   told.Tally
	closed  bool
}

// Action is something that happens at a time, counted from the start of the faults.
type Action struct {
	At time.Duration
	Do func(context.Context) error
}

// Write writes the texts of an installation whose customers these are to a folder.
func Write(folder string) error {
	folder = filepath.Join(folder, "en")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	for name, text := range told.Templates() {
		if err := os.WriteFile(filepath.Join(folder, name+".txt.tmpl"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write template: %w", err)
		}
	}
	return nil
}

// New tells the service of customers whom it knows, and the shop of its products.
func New(ctx context.Context, o Options) (*Customers, error) {
	c := &Customers{Options: o, people: map[int64]told.Person{}}
	for order, p := range o.Plan.Telling.People {
		c.people[order] = told.Person{
			Number: p.Number, Why: string(p.Why), Unsubscribed: p.Unsubscribed, Unreachable: p.Unreachable, Abroad: p.Abroad,
		}
		if !p.Unsubscribed && !p.Unreachable {
			continue
		}
		if err := c.customer(ctx, ledger.Customer{PhoneNumber: p.Number, Subscribed: !p.Unsubscribed, Unreachable: p.Unreachable}); err != nil {
			return nil, err
		}
	}
	for _, p := range o.Plan.Telling.Products {
		if err := storm.Send(ctx, http.MethodPut, o.Control.Shop+"variants", p.Variant, nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Customers) customer(ctx context.Context, is ledger.Customer) error {
	return storm.Send(ctx, http.MethodPost, c.Control.Messages+"customers", is, nil)
}

// Note records that something was done to an order, since it began.
func (c *Customers) Note(order int64, what telling.Change, began time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, told.Change{Order: order, What: string(what), Began: began, Did: time.Now()})
}

// Actions returns everything that happens to the customers' orders and products, and the sweeps.
func (c *Customers) Actions() []Action {
	var all []Action
	t := c.Plan.Telling
	for _, o := range t.Orders {
		all = append(all, Action{o.At, func(ctx context.Context) error { return c.Change(ctx, http.MethodPut, "orders", o.Order) }})
		for _, s := range o.Steps {
			all = append(all, Action{s.At, func(ctx context.Context) error {
				began := time.Now()
				err := c.Change(ctx, s.Method, s.Route, s.Body)
				c.Note(o.Order.ID, s.Change, began)
				return err
			}})
		}
		if p := t.People[o.Order.ID]; p.Leaves > 0 {
			all = append(all, Action{p.Leaves, func(ctx context.Context) error { return c.leave(ctx, o.Order.ID) }})
		}
	}
	for _, p := range t.Products {
		for _, at := range p.Returns {
			all = append(all, Action{at, func(ctx context.Context) error { return c.sellOut(ctx, p) }})
		}
	}
	for _, r := range t.Refusals {
		what := "token"
		if r.Account {
			what = "account"
		}
		all = append(all, Action{r.At, func(ctx context.Context) error { return c.refuse(ctx, what) }},
			Action{r.At + r.For, func(ctx context.Context) error { return c.refuse(ctx, "") }})
	}
	return all
}

// sweepEvery is how often orders are looked for that changed without a webhook.
var sweepEvery = plan.Scaled(time.Hour)

// Sweeps has the sweeps for messages run as often as in production, until ctx ends. They may fail because of the faults.
func (c *Customers) Sweeps(ctx context.Context) {
	for ctx.Err() == nil {
		wait(ctx, sweepEvery)
		if ctx.Err() == nil {
			_ = c.sweep(ctx)
		}
	}
}

// leave has the customer of an order stop messages.
func (c *Customers) leave(ctx context.Context, order int64) error {
	p := c.people[order]
	err := c.customer(ctx, ledger.Customer{PhoneNumber: p.Number})
	c.mu.Lock()
	defer c.mu.Unlock()
	p.Left = time.Now()
	c.people[order] = p
	return err
}

// sellOut has a product sell out and return.
func (c *Customers) sellOut(ctx context.Context, p telling.Product) error {
	stocks := []int{0, p.Variant.Stock}
	if !p.Stays {
		stocks = append(stocks, 0)
	}
	for _, stock := range stocks {
		err := storm.Send(ctx, http.MethodPut, c.Control.Shop+"stock", map[string]any{"sku": p.Variant.SKU, "stock": stock}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// refuse has the service refuse everybody: "token", "account", or nothing.
func (c *Customers) refuse(ctx context.Context, what string) error {
	return storm.Send(ctx, http.MethodPut, c.Control.Messages+filepath.Base(mischief.RefusedPath), map[string]string{"refused": what}, nil)
}

// Calm ends the faults of the service, except those that are certain to befall a customer.
func (c *Customers) Calm(ctx context.Context) error { return c.refuse(ctx, "") }

// Numbers returns the numbers of all customers, which must be in no log.
func (c *Customers) Numbers() []string {
	var out []string
	for _, p := range c.Plan.Telling.People {
		if p.Number != "" {
			out = append(out, p.Number)
		}
	}
	slices.Sort(out)
	return out
}

func id(order int64) string { return strconv.FormatInt(order, 10) }

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
