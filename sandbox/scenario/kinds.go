package scenario

import "slices"

// Kind is a kind of order that customers place.
type Kind string

// The kinds: orders that become cards, orders that must fail visibly, orders to be left out, and orders that are
// refunded while they fail or wait.
const (
	Single         Kind = "single"
	SeveralUnits   Kind = "several_units"
	ManyUnits      Kind = "many_units"
	TwoLines       Kind = "two_lines"
	ForAFriend     Kind = "for_a_friend"
	DeliveredLater Kind = "delivered_later"
	PaidLater      Kind = "paid_later"
	PartlyRefunded Kind = "partly_refunded"
	Company        Kind = "company"
	CompanyByID    Kind = "company_by_id"
	GiftWrapped    Kind = "gift_wrapped"
	LateMerchant   Kind = "late_merchant"

	UnknownMerchant   Kind = "unknown_merchant"
	Guest             Kind = "guest"
	AmbiguousMerchant Kind = "ambiguous_merchant"
	WorthNothing      Kind = "worth_nothing"
	NoAddress         Kind = "no_address"

	// The cards of these orders are made later, all or some of them.
	MadeLater      Kind = "made_later"
	MadeLaterTwice Kind = "made_later_twice"
	BothIssuers    Kind = "both_issuers"

	Mixed      Kind = "mixed"
	Returned   Kind = "mixed_other_item_refunded"
	Unpaid     Kind = "unpaid"
	Test       Kind = "test"
	Cancelled  Kind = "cancelled"
	Refunded   Kind = "refunded"
	SimilarSKU Kind = "similar_sku"
	Native     Kind = "native"

	Withdrawn   Kind = "cancelled_while_failing"
	Reimbursed  Kind = "refunded_while_failing"
	Reduced     Kind = "refunded_in_part_while_failing"
	Edited      Kind = "edited_while_failing"
	GivenUp     Kind = "cancelled_while_waiting"
	PaidBack    Kind = "refunded_while_waiting"
	PaidInParts Kind = "refunded_in_part_while_waiting"
)

var (
	issued = []Kind{
		Single, SeveralUnits, ManyUnits, TwoLines, ForAFriend, DeliveredLater, PaidLater, PartlyRefunded, Company,
		CompanyByID, GiftWrapped, LateMerchant,
	}
	refused = []Kind{UnknownMerchant, Guest, AmbiguousMerchant, WorthNothing, NoAddress}
	leftOut = []Kind{Mixed, Returned, Unpaid, Test, Cancelled, Refunded, SimilarSKU, Native}
	// later are orders that become cards if the shop has an issuer that makes them later.
	later     = []Kind{MadeLater, MadeLaterTwice, BothIssuers}
	givenBack = []Kind{Withdrawn, Reimbursed, Reduced, Edited, GivenUp, PaidBack, PaidInParts}
)

// Kinds returns all kinds without cards that are made later: first orders that become cards, then orders that must fail, then orders to be left out, and
// last orders that are refunded while they fail or wait.
func Kinds() []Kind { return slices.Concat(issued, refused, leftOut, givenBack) }

// LaterKinds returns the kinds of orders with cards that are made later.
func LaterKinds() []Kind { return slices.Clone(later) }

// Issued reports whether all units of such an order eventually become cards.
func (k Kind) Issued() bool { return slices.Contains(issued, k) || slices.Contains(later, k) }
