package lab

import (
	"context"
	"fmt"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/workflows"
)

// maxLooks limits how often the person looks for cards in doubt. Without faults, one look is enough.
const maxLooks = 3

// person acts as the operator who resolves cards in doubt. A card is in doubt if the issuer does not deduplicate audit
// numbers, or if the order was changed before the request could be repeated. The operator checks the issuer's ledger,
// records whether the card exists, and has the order run again. This is what "giftbridge orders resolve" does.
func (l *laboratory) person(ctx context.Context) error {
	for range maxLooks {
		resolved, err := l.resolveAll(ctx)
		if err != nil || len(resolved) == 0 {
			return err
		}
		l.Say("a person has looked into %d orders with cards in doubt, %d cards so far", len(resolved), l.resolved)
		rerun, err := l.operator.RerunOrders(ctx, workflows.RerunOrdersInput{
			Orders: resolved, Force: true, Reason: "cards in doubt were resolved",
		})
		if err != nil {
			return err
		}
		if _, err := rerun.Wait(ctx); err != nil {
			return err
		}
		if err := l.rest(ctx); err != nil {
			return err
		}
	}
	return nil
}

// resolveAll resolves the cards in doubt of all failed orders and returns the workflow IDs of these orders.
func (l *laboratory) resolveAll(ctx context.Context) ([]string, error) {
	failed, err := l.operator.ListOrders(ctx, orders.OrderFilter{State: executions.Failed})
	if err != nil {
		return nil, err
	}
	issued, err := l.issuedNumbers(ctx)
	if err != nil {
		return nil, err
	}
	var resolved []string
	for _, o := range failed {
		d, err := l.operator.ShowOrder(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		doubts := 0
		for _, u := range inDoubt(d) {
			err := l.operator.ResolveCard(ctx, d, u.Unit, issued[u.AuditNumber], "laboratory", "the issuer's ledger")
			if err != nil {
				return nil, fmt.Errorf("resolve card %d of order %s: %w", u.Unit, d.Name, err)
			}
			doubts++
		}
		if doubts > 0 {
			resolved = append(resolved, d.WorkflowID)
			l.resolved += doubts
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
func (l *laboratory) issuedNumbers(ctx context.Context) (map[string]bool, error) {
	var cards []struct {
		AuditNumber string `json:"audit_number"`
	}
	if err := storm.Send(ctx, http.MethodGet, l.control.Issuer+"cards", nil, &cards); err != nil {
		return nil, err
	}
	numbers := map[string]bool{}
	for _, c := range cards {
		numbers[c.AuditNumber] = true
	}
	return numbers, nil
}
