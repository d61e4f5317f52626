// Package resolver plays the operator who resolves cards in doubt: those of the issuer that makes cards at once, and those of
// the one that makes them later.
package resolver

import (
	"context"
	"fmt"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/workflows"
)

// Resolver resolves cards in doubt of the issuer that makes cards at once, and mails whose addresses were refused. All fields
// are needed.
type Resolver struct {
	Operator *operator.Operator
	Control  storm.Control
	// Rest waits until no order is running.
	Rest func(context.Context) error
	// Say tells how many cards were resolved so far.
	Say output.Say
	// Refused has the IDs of the orders of which a mail server wrongly refuses an address, once.
	Refused map[string]bool

	resolved int
}

// maxLooks limits how often the person looks for cards in doubt. Without faults, one look is enough.
const maxLooks = 3

// Resolve resolves all cards in doubt, and returns how many there were. It also has the orders run again of which an address
// was refused that is right, as a person does who has seen to the mail server. A card is in doubt if the issuer does not
// deduplicate audit numbers, or if the order was changed before the request could be repeated. The operator checks the
// issuer's ledger, records whether the card exists, and has the order run again. This is what "giftbridge orders resolve"
// does.
func (r *Resolver) Resolve(ctx context.Context) (int, error) {
	for range maxLooks {
		resolved, err := r.resolveAll(ctx)
		if err != nil || len(resolved) == 0 {
			return r.resolved, err
		}
		r.Say("a person has looked into %d orders with cards in doubt or refused mails, %d cards so far", len(resolved), r.resolved)
		rerun, err := r.Operator.RerunOrders(ctx, workflows.RerunOrdersInput{
			Orders: resolved, Force: true, Reason: "a person has looked into it",
		})
		if err != nil {
			return r.resolved, err
		}
		if _, err := rerun.Wait(ctx); err != nil {
			return r.resolved, err
		}
		if err := r.Rest(ctx); err != nil {
			return r.resolved, err
		}
	}
	return r.resolved, nil
}

// resolveAll resolves the cards in doubt of all failed orders, and returns the workflow IDs of the orders to run again.
func (r *Resolver) resolveAll(ctx context.Context) ([]string, error) {
	failed, err := r.Operator.ListOrders(ctx, orders.OrderFilter{State: executions.Failed})
	if err != nil {
		return nil, err
	}
	issued, err := r.issuedNumbers(ctx)
	if err != nil {
		return nil, err
	}
	var resolved []string
	for _, o := range failed {
		d, err := r.Operator.ShowOrder(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		doubts := 0
		for _, u := range inDoubt(d) {
			err := r.Operator.ResolveCard(ctx, d, u.Unit, issued[u.AuditNumber], "laboratory", "the issuer's ledger")
			if err != nil {
				return nil, fmt.Errorf("resolve card %d of order %s: %w", u.Unit, d.Name, err)
			}
			doubts++
		}
		refused := r.Refused[o.ID] && o.Failure != nil && o.Failure.Kind == string(giftcard.InvalidRequest)
		if doubts > 0 || refused {
			resolved = append(resolved, d.WorkflowID)
			r.resolved += doubts
		}
	}
	return resolved, nil
}

func inDoubt(d *orders.OrderDetails) []workflows.UnitFailure {
	if d.Units == nil {
		return nil
	}
	var doubts []workflows.UnitFailure
	for _, u := range d.Units.Failed {
		if u.Kind == giftcard.OutcomeUnknown {
			doubts = append(doubts, u)
		}
	}
	return doubts
}

// issuedNumbers returns the audit numbers for which the issuer has cards.
func (r *Resolver) issuedNumbers(ctx context.Context) (map[string]bool, error) {
	var cards []struct {
		AuditNumber string `json:"audit_number"`
	}
	if err := storm.Send(ctx, http.MethodGet, r.Control.Issuer+"cards", nil, &cards); err != nil {
		return nil, err
	}
	numbers := map[string]bool{}
	for _, c := range cards {
		numbers[c.AuditNumber] = true
	}
	return numbers, nil
}
