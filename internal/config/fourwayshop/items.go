package fourwayshop

import (
	"fmt"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Item is a gift card that 4WS makes.
type Item struct {
	// SKU is the shop's, and Code 4WS's code of the item.
	SKU, Code string
}

// Items are the gift cards that 4WS makes, in the order in which they are configured.
type Items []Item

const maxSKU = 255 // The maximum length of a SKU in Shopify.

// Decode reads the value of a variable: SKU=itemCode pairs, separated by commas. An item code has no equals sign; a SKU
// may have one.
func (s *Items) Decode(value string) error {
	*s = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	var items Items
	for entry := range strings.SplitSeq(value, ",") {
		entry = strings.TrimSpace(entry)
		i := strings.LastIndex(entry, "=")
		if i < 0 {
			return fmt.Errorf("entry %d: need SKU=itemCode", len(items)+1)
		}
		items = append(items, Item{SKU: strings.TrimSpace(entry[:i]), Code: strings.TrimSpace(entry[i+1:])})
	}
	*s = items
	return nil
}

// String returns the items as they are written in a variable.
func (s Items) String() string {
	all := make([]string, len(s))
	for i, item := range s {
		all[i] = item.SKU + "=" + item.Code
	}
	return strings.Join(all, ",")
}

// SKUs returns the SKUs of the items.
func (s Items) SKUs() []string {
	all := make([]string, len(s))
	for i, item := range s {
		all[i] = item.SKU
	}
	return all
}

func (s Items) check(ps *env.Problems) {
	for i, item := range s {
		switch {
		case item.SKU == "" || item.Code == "":
			ps.Add(itemsVariable, "entry %d is incomplete: need %s", i+1, ps.Want(itemsVariable))
		case strings.ContainsFunc(item.SKU, env.Hidden):
			ps.Add(itemsVariable, "entry %d, %s, contains an invisible character", i+1, env.Show(item.SKU))
		case len(item.SKU) > maxSKU:
			ps.Add(itemsVariable, "entry %d: the SKU has %d bytes: need at most %d", i+1, len(item.SKU), maxSKU)
		case !isCode(item.Code):
			ps.Add(itemsVariable, "entry %d: %s is no item code: need %s", i+1, env.Show(item.Code), wantCode)
		case slices.ContainsFunc(s[:i], func(o Item) bool { return o.SKU == item.SKU }):
			ps.Add(itemsVariable, "entry %d: the SKU %s is a duplicate", i+1, env.Show(item.SKU))
		}
	}
}

// Apart requires that no SKU is also in one of the lists of other variables, by their names.
func (s Items) Apart(ps *env.Problems, lists map[string]env.List) {
	for i, item := range s {
		for name, list := range lists {
			if slices.Contains(list, item.SKU) {
				ps.Add(itemsVariable, "entry %d, %s, is also in %s: need it in one of the two", i+1, env.Show(item.SKU), name)
			}
		}
	}
}
