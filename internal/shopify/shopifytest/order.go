package shopifytest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Order is an order of the simulated shop.
type Order struct {
	// ID is the legacy id; AddOrder gives one to an order without.
	ID int64
	// Name is "#1001" and so on unless it is set.
	Name string
	Test bool
	// CreatedAt and UpdatedAt are now unless they are set; if one is, the other is the same.
	CreatedAt, UpdatedAt time.Time
	// CancelledAt and ClosedAt are zero for orders that are not.
	CancelledAt, ClosedAt time.Time
	// FinancialStatus is an OrderDisplayFinancialStatus, PAID unless it is set.
	FinancialStatus string
	Email           string
	// Currency is the shop's unless it is set.
	Currency string
	// Customer is nil for guests.
	Customer *Customer
	// Company is set for orders that a company placed.
	Company *Company
	Lines   []LineItem
}

// Customer is who placed an order. DisplayName falls back to the other names, then to the address.
type Customer struct {
	ID                                      int64
	FirstName, LastName, DisplayName, Email string
}

// Company is a B2B company. An empty ExternalID is null.
type Company struct {
	ID               int64
	Name, ExternalID string
}

// LineItem is a line of an order.
type LineItem struct {
	// ID is given by AddOrder unless it is set.
	ID int64
	// SKU is null where it is empty.
	SKU, Title string
	GiftCard   bool
	Quantity   int
	// Removed units were refunded or removed since.
	Removed int
	// UnitPrice is a decimal amount in the order's currency, "0.00" unless it is set.
	UnitPrice  string
	Attributes []Attribute
}

// Attribute is a custom attribute of a line.
type Attribute struct{ Key, Value string }

func (o *Order) clone() *Order {
	c := *o
	if o.Customer != nil {
		customer := *o.Customer
		c.Customer = &customer
	}
	if o.Company != nil {
		company := *o.Company
		c.Company = &company
	}
	c.Lines = slices.Clone(o.Lines)
	for i := range c.Lines {
		c.Lines[i].Attributes = slices.Clone(c.Lines[i].Attributes)
	}
	return &c
}

func (c *Customer) displayName() string {
	for _, name := range []string{c.DisplayName, strings.TrimSpace(c.FirstName + " " + c.LastName), c.Email} {
		if name != "" {
			return name
		}
	}
	return "Customer " + strconv.FormatInt(c.ID, 10)
}

func (o *Order) cancelled() bool { return !o.CancelledAt.IsZero() }

func (o *Order) closed() bool { return !o.ClosedAt.IsZero() }
