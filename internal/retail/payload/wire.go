package payload

import (
	"encoding/json"
	"time"

	"github.com/giftbridge/giftbridge/internal/retail"
)

// order is what is read of an order. Null and a field that is not there are the same.
type order struct {
	ID                  json.Number   `json:"id"`
	Name                string        `json:"name"`
	Test                bool          `json:"test"`
	CustomerLocale      string        `json:"customer_locale"`
	CreatedAt           *time.Time    `json:"created_at"`
	ProcessedAt         *time.Time    `json:"processed_at"`
	UpdatedAt           *time.Time    `json:"updated_at"`
	CancelledAt         *time.Time    `json:"cancelled_at"`
	FinancialStatus     string        `json:"financial_status"`
	Currency            string        `json:"currency"`
	PresentmentCurrency string        `json:"presentment_currency"`
	TaxesIncluded       bool          `json:"taxes_included"`
	Phone               string        `json:"phone"`
	OrderStatusURL      string        `json:"order_status_url"`
	PaymentGatewayNames []string      `json:"payment_gateway_names"`
	TotalTipReceived    string        `json:"total_tip_received"`
	SubtotalPriceSet    *moneySet     `json:"subtotal_price_set"`
	TotalTaxSet         *moneySet     `json:"total_tax_set"`
	TotalPriceSet       *moneySet     `json:"total_price_set"`
	OriginalDutiesSet   *moneySet     `json:"original_total_duties_set"`
	CurrentSubtotalSet  *moneySet     `json:"current_subtotal_price_set"`
	CurrentShippingSet  *moneySet     `json:"current_shipping_price_set"`
	CurrentTaxSet       *moneySet     `json:"current_total_tax_set"`
	CurrentDutiesSet    *moneySet     `json:"current_total_duties_set"`
	CurrentTotalSet     *moneySet     `json:"current_total_price_set"`
	LineItems           []line        `json:"line_items"`
	ShippingLines       []shipping    `json:"shipping_lines"`
	ShippingAddress     *address      `json:"shipping_address"`
	BillingAddress      *address      `json:"billing_address"`
	Customer            *customer     `json:"customer"`
	Fulfillments        []fulfillment `json:"fulfillments"`
	Refunds             []refund      `json:"refunds"`
}

// moneySet is an amount in the customer's currency. That of the shop stands beside it, and is not read.
type moneySet struct {
	PresentmentMoney struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency_code"`
	} `json:"presentment_money"`
}

type line struct {
	ID               json.Number `json:"id"`
	Name             string      `json:"name"`
	Title            string      `json:"title"`
	Quantity         int         `json:"quantity"`
	CurrentQuantity  *int        `json:"current_quantity"`
	PriceSet         *moneySet   `json:"price_set"`
	RequiresShipping bool        `json:"requires_shipping"`
	Vendor           string      `json:"vendor"`
	Grams            int         `json:"grams"`
	Discounts        []struct {
		AmountSet *moneySet `json:"amount_set"`
	} `json:"discount_allocations"`
}

type shipping struct {
	Title              string    `json:"title"`
	DiscountedPriceSet *moneySet `json:"discounted_price_set"`
}

type address struct {
	Name         string `json:"name"`
	Address1     string `json:"address1"`
	Address2     string `json:"address2"`
	City         string `json:"city"`
	ProvinceCode string `json:"province_code"`
	Zip          string `json:"zip"`
	CountryCode  string `json:"country_code"`
	Phone        string `json:"phone"`
}

func (a *address) convert() *retail.Address {
	if a == nil {
		return nil
	}
	return &retail.Address{
		Name: text(a.Name), Street1: text(a.Address1), Street2: text(a.Address2), City: text(a.City), Province: text(a.ProvinceCode),
		PostalCode: text(a.Zip), Country: text(a.CountryCode), Phone: text(a.Phone),
	}
}

type customer struct {
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Phone     string `json:"phone"`
	Consent   *struct {
		State string `json:"state"`
	} `json:"sms_marketing_consent"`
}

func (p *customer) convert() retail.Customer {
	if p == nil {
		return retail.Customer{}
	}
	return retail.Customer{
		Name: text(p.FirstName + " " + p.LastName), Phone: text(p.Phone),
		TextsConsented: p.Consent != nil && p.Consent.State == "subscribed",
	}
}

type fulfillment struct {
	ID              json.Number `json:"id"`
	Status          string      `json:"status"`
	ShipmentStatus  string      `json:"shipment_status"`
	CreatedAt       *time.Time  `json:"created_at"`
	UpdatedAt       *time.Time  `json:"updated_at"`
	TrackingCompany string      `json:"tracking_company"`
	TrackingNumbers []string    `json:"tracking_numbers"`
	TrackingURLs    []string    `json:"tracking_urls"`
	LineItems       []line      `json:"line_items"`
	Origin          *address    `json:"origin_address"`
	Destination     *address    `json:"destination"`
}

type refund struct {
	ID           json.Number `json:"id"`
	CreatedAt    *time.Time  `json:"created_at"`
	Transactions []struct {
		Kind     string `json:"kind"`
		Status   string `json:"status"`
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	} `json:"transactions"`
	Items []struct {
		Line     json.Number `json:"line_item_id"`
		Quantity int         `json:"quantity"`
	} `json:"refund_line_items"`
}
