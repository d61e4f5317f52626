package config

import (
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Orders defines which orders giftbridge treats as gift-card orders.
type Orders struct {
	GiftCardSKUs      List          `envconfig:"GIFT_CARD_SKUS"`
	CompanionSKUs     List          `envconfig:"COMPANION_SKUS"`
	CreatedAtMin      time.Time     `envconfig:"CREATED_AT_MIN" required:"true"`
	MaxOrderAge       time.Duration `envconfig:"MAX_ORDER_AGE" default:"336h"`
	IncludeTestOrders bool          `envconfig:"INCLUDE_TEST_ORDERS" default:"false"`
	// Underpaid is [Hold] or [IssueAnyway].
	Underpaid string `envconfig:"UNDERPAID" default:"hold"`
	// Risk is [Hold] or [IssueAnyway].
	Risk string `envconfig:"RISK" default:"issue"`
	// CancelledOrders is [Report] or [Cancel].
	CancelledOrders string `envconfig:"CANCELLED_ORDERS" default:"report"`
	// MatchBy lists the attributes of a customer by which merchants are matched; empty keeps the choice that the
	// installation began with.
	MatchBy List `envconfig:"MATCH_BY"`
}

// MatchableBy lists the attributes of a customer by which merchants can be matched.
var MatchableBy = []string{"external_id", "company", "name"}

// The ways to handle an order that is no longer paid in full, or that Shopify doubts.
const (
	// Hold leaves the order for an operator to decide.
	Hold = "hold"
	// IssueAnyway issues the order's cards.
	IssueAnyway = "issue"
)

// The ways to handle the cards of an order that was cancelled or refunded after they were issued.
const (
	// Report lists them in the digest.
	Report = "report"
	// Cancel cancels those of which nothing was spent, and lists the others.
	Cancel = "cancel"
)

var ordersSection = env.Section{
	Field: "Orders", Heading: "Orders",
	Variables: map[string]env.Reference{
		"GIFT_CARD_SKUS": {
			Want: "SKUs separated by commas, without empty or duplicate entries, each at most 255 bytes",
			About: "The SKUs of gift cards that CashStar issues. Required, unless `FOURWAYSHOP_ITEMS` has all gift cards. An order " +
				"that mixes gift cards with other items is left out and reported.",
		},
		"COMPANION_SKUS": {
			Want: "SKUs separated by commas, without empty or duplicate entries, each at most 255 bytes and not of gift cards",
			About: "SKUs that may be in an order together with gift cards, such as gift wrapping or insurance: they do not make it " +
				"a mixed order. Tips need not be listed.",
		},
		"CREATED_AT_MIN": {
			Want: "the time at which giftbridge takes over, in RFC 3339 format with a time zone, such as 2026-07-01T00:00:00Z",
			About: "The time from which giftbridge is responsible for orders. Older orders are never touched: they were handled by " +
				"whatever issued cards before, and a second card is money given away. It has no default because no guess is " +
				"safe. It must not be in the future (by more than an hour), because the orders before it would get no card.",
		},
		"MAX_ORDER_AGE": {
			Want: env.WantDuration + ", at least 1h",
			About: "Orders older than this are no longer picked up. It must stay below the retention of the Temporal namespace, " +
				"because only within the retention does an order's workflow ID prevent a second card.",
		},
		"INCLUDE_TEST_ORDERS": {
			Want:  env.WantBool,
			About: "Issue cards for Shopify's test orders too. These are real cards, unless the issuer's test account is configured.",
		},
		"UNDERPAID": {
			Want: Hold + " or " + IssueAnyway,
			About: "What happens to an order of which so much was refunded that the remaining payment does not cover the remaining " +
				"gift cards, after all discounts: `hold` leaves the decision to an operator, who releases the order or not; " +
				"`issue` issues its cards.",
		},
		"RISK": {
			Want: Hold + " or " + IssueAnyway,
			About: "What happens to an order that Shopify recommends to cancel or to investigate: `hold` leaves it to an operator; " +
				"`issue` issues its cards. See [Fraud and disputes](operations.md#fraud-and-disputes).",
		},
		"CANCELLED_ORDERS": {
			Want: Report + " or " + Cancel,
			About: "What happens to gift cards that exist although their order was cancelled, or their units were refunded or " +
				"removed: `report` lists them in the digest; `cancel` also cancels as many of the line's cards as are no longer " +
				"owed, the highest-numbered ones first, and only cards of which nothing was spent. A refund of money without " +
				"units is no such change.",
		},
		"MATCH_BY": {
			Want: "one or more of external_id, company, name, separated by commas, without duplicates",
			About: "The attributes of a customer by which the merchant is found: the external ID of the B2B company, the company's " +
				"name, the customer's own name. Buyers choose their own name: with `name`, a buyer who takes a merchant's name " +
				"places orders on that merchant's account. Unset, a new installation with SHOPIFY_B2B uses " +
				"`external_id,company`, and any other installation uses all three.",
		},
	},
}

// skus checks a list of SKUs for entries that are not what they appear to be.
func skus(ps *env.Problems, name string, list List) {
	for i, sku := range list {
		switch {
		case sku == "":
			ps.Add(name, "entry %d is empty: need %s", i+1, ps.Want(name))
		case strings.ContainsFunc(sku, env.Hidden):
			ps.Add(name, "entry %d, %s, contains an invisible character", i+1, env.Show(sku))
		case len(sku) > maxSKU:
			ps.Add(name, "entry %d has %d bytes: need at most %d", i+1, len(sku), maxSKU)
		case slices.Contains(list[:i], sku):
			ps.Add(name, "entry %d, %s, is a duplicate", i+1, env.Show(sku))
		}
	}
}

const maxSKU = 255 // The maximum length of a SKU in Shopify.

func (o Orders) check(ps *env.Problems) {
	skus(ps, "GIFT_CARD_SKUS", o.GiftCardSKUs)
	skus(ps, "COMPANION_SKUS", o.CompanionSKUs)
	for i, sku := range o.CompanionSKUs {
		if slices.Contains(o.GiftCardSKUs, sku) {
			ps.Add("COMPANION_SKUS", "entry %d, %s, is also in GIFT_CARD_SKUS: need it in one of the two", i+1, env.Show(sku))
		}
	}
	if o.Underpaid != Hold && o.Underpaid != IssueAnyway {
		ps.Bad("UNDERPAID", o.Underpaid)
	}
	if o.Risk != Hold && o.Risk != IssueAnyway {
		ps.Bad("RISK", o.Risk)
	}
	if o.CancelledOrders != Report && o.CancelledOrders != Cancel {
		ps.Bad("CANCELLED_ORDERS", o.CancelledOrders)
	}
	for i, by := range o.MatchBy {
		if !slices.Contains(MatchableBy, by) || slices.Contains(o.MatchBy[:i], by) {
			ps.Bad("MATCH_BY", o.MatchBy.String())
			break
		}
	}
	if o.MaxOrderAge < time.Hour {
		ps.Bad("MAX_ORDER_AGE", o.MaxOrderAge.String())
	}
}

// clockSkew is how far CREATED_AT_MIN may be ahead of this machine's clock.
const clockSkew = time.Hour

// future refuses a CREATED_AT_MIN in the future: everything would look fine while the watermark of the polls passed the
// orders before it. It is checked only at the start, because it depends on the clock.
func (o Orders) future(ps *env.Problems, now time.Time) {
	if o.CreatedAtMin.After(now.Add(clockSkew)) {
		ps.Add("CREATED_AT_MIN", "is in the future, %s, and no order before it would get a card: need %s",
			o.CreatedAtMin.Format(time.RFC3339), ps.Want("CREATED_AT_MIN"))
	}
}
