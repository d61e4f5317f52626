package intake

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// foundAtMost is the number of orders of the same name that Find tells apart.
const foundAtMost = 10

// Find returns the newest state of the order with a number or, if the shop shows none, with one of the names. Names and
// numbers may be empty. The error is [ErrNotFound] if the shop shows no such order.
func Find(ctx context.Context, shop Source, number string, names ...string) (*Order, error) {
	if number != "" {
		found, err := shop.Read(ctx, number)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("read order %s: %w", number, err)
		}
	}
	for _, name := range names {
		if strings.TrimSpace(name) == "" { // A search without a name finds every order.
			continue
		}
		page, err := shop.List(ctx, Query{Name: name, PageSize: foundAtMost})
		if err != nil {
			return nil, fmt.Errorf("find order %q: %w", name, err)
		}
		var found []*Order
		var numbers []string
		for _, o := range page.Orders { // The search compares tokens.
			if o.Order.Name == name || o.Order.Name == "#"+name {
				found, numbers = append(found, o), append(numbers, o.Order.ID)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return nil, fmt.Errorf("%q is the name of %d orders; use the number of one of them: %s",
				name, len(found), strings.Join(numbers, ", "))
		}
	}
	return nil, ErrNotFound
}
