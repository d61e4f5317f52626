package shopifyintake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// issuedTag is the tag of an order whose cards exist. People filter orders by it.
const issuedTag = "giftbridge-issued"

// Mark implements [intake.Marker].
func (s *Source) Mark(ctx context.Context, number string, m intake.Mark) error {
	switch m.By {
	case intake.ByNote:
		return failed(s.addNote(ctx, number, issuedNote(m.Cards())))
	case intake.ByTag:
		return failed(s.client.AddTag(ctx, number, issuedTag))
	case intake.ByFulfilment:
		return failed(s.fulfil(ctx, number, m.Units))
	}
	return refused(fmt.Sprintf("an order cannot be marked by %q", m.By))
}

// issuedNote returns the line of a note. It names nobody.
func issuedNote(cards int) string {
	if cards == 1 {
		return "giftbridge: 1 gift card issued"
	}
	return fmt.Sprintf("giftbridge: %d gift cards issued", cards)
}

// addNote adds a line to an order's note, unless it is there. Shopify only replaces whole notes: what a person writes
// between the two requests is lost.
func (s *Source) addNote(ctx context.Context, number, line string) error {
	note, err := s.client.GetNote(ctx, number)
	if err != nil {
		return err
	}
	for have := range strings.Lines(note) {
		if strings.TrimSpace(have) == line {
			return nil
		}
	}
	if note != "" && !strings.HasSuffix(note, "\n") {
		note += "\n"
	}
	return s.client.SetNote(ctx, number, note+line)
}

// The states of a fulfillment order (shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentOrderStatus). Of one that
// is over, nothing remains to be fulfilled.
var (
	fulfillable = []string{"OPEN", "IN_PROGRESS"}
	over        = []string{"CLOSED", "CANCELLED", "INCOMPLETE"}
)

// fulfil fulfils the units of the lines that remain to be fulfilled. In the end no more of a line is fulfilled than it has
// cards, also if it has grown since. Other lines are left to the shop.
func (s *Source) fulfil(ctx context.Context, order string, units map[string]int) error {
	orders, err := s.client.GetFulfillmentOrders(ctx, order)
	if err != nil {
		return err
	}
	left, waiting := maps.Clone(units), ""
	for _, o := range orders {
		for _, l := range o.Lines {
			line := number(l.LineItemID)
			left[line] = units[line] - l.Fulfilled
		}
	}
	for _, o := range orders {
		if slices.Contains(over, o.Status) {
			continue
		}
		lines := take(o, left)
		switch {
		case len(lines) == 0:
		case !slices.Contains(fulfillable, o.Status):
			waiting = o.Status
		default:
			if err := s.client.Fulfil(ctx, o.ID, lines); err != nil {
				return err
			}
		}
	}
	if waiting != "" {
		return refused("Shopify holds back the fulfilment of its gift cards (" + strings.ToLower(waiting) + ")")
	}
	return nil
}

// take returns what to fulfil of a fulfillment order, and takes it off what is left of each line.
func take(o shopify.FulfillmentOrder, left map[string]int) []shopify.FulfilledLine {
	var out []shopify.FulfilledLine
	for _, l := range o.Lines {
		line := number(l.LineItemID)
		if n := min(l.Remaining, left[line]); n > 0 {
			left[line] -= n
			out = append(out, shopify.FulfilledLine{ID: l.ID, Units: n})
		}
	}
	return out
}

func refused(message string) error {
	return &giftcard.Error{Kind: giftcard.InvalidRequest, Message: message}
}
