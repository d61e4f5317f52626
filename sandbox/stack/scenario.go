package stack

import "github.com/giftbridge/giftbridge/sandbox/scenario"

// Programs that start a stack also use its scenario, so the scenario's names are available here as well.
type (
	// Customers is [scenario.Customers].
	Customers = scenario.Customers
	// ExpectedCard is [scenario.ExpectedCard].
	ExpectedCard = scenario.ExpectedCard
	// Kind is [scenario.Kind].
	Kind = scenario.Kind
	// Placed is [scenario.Placed].
	Placed = scenario.Placed
)

// The kinds of orders of the scenario.
const (
	Single          = scenario.Single
	SeveralUnits    = scenario.SeveralUnits
	Mixed           = scenario.Mixed
	Unpaid          = scenario.Unpaid
	Test            = scenario.Test
	Cancelled       = scenario.Cancelled
	UnknownMerchant = scenario.UnknownMerchant
	LateMerchant    = scenario.LateMerchant
	ForAFriend      = scenario.ForAFriend
	TwoLines        = scenario.TwoLines
	PaidLater       = scenario.PaidLater
	PartlyRefunded  = scenario.PartlyRefunded
	Company         = scenario.Company
	SimilarSKU      = scenario.SimilarSKU
	Native          = scenario.Native
)

// FaultyLag is the lag of the search index in a faulty shop.
const FaultyLag = scenario.FaultyLag

// The scenario's participants and its faults.
var (
	LateComer      = scenario.LateComer
	NewCustomers   = scenario.NewCustomers
	Merchants      = scenario.Merchants
	SKUs           = scenario.SKUs
	CashStarFaults = scenario.CashStarFaults
	ShopifyFaults  = scenario.ShopifyFaults
)
