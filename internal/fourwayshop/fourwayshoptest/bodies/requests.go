// Package bodies has the bodies of the requests and answers of the simulated services, as the vendor publishes them. It checks
// what a client has sent as far as that can be done without the ledger, and writes what the services answer.
package bodies

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
)

// Login is the body of a login.
type Login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Generate is the body of a request for barcodes.
type Generate struct {
	ItemCode  string `json:"itemCode"`
	Giftcards int    `json:"giftcards"`
	Callback  string `json:"callback"`
}

// Problems returns all that is wrong with it.
func (b Generate) Problems() []string {
	const most = 1000
	var p problems
	p.add(b.ItemCode == "", "itemCode is required")
	p.add(b.Giftcards < 1 || b.Giftcards > most, fmt.Sprintf("giftcards must be from 1 to %d", most))
	p.add(!isURL(b.Callback), "callback must be a URL")
	return p
}

// problems are what is wrong with a request.
type problems []string

func (p *problems) add(bad bool, text string) {
	if bad {
		*p = append(*p, text)
	}
}

// Update is the body of an update as a client may send it. The entity code may be a text or a number.
type Update struct {
	EntityCode         json.RawMessage `json:"entityCode"`
	Barcode            string          `json:"barcode"`
	Amount             json.RawMessage `json:"amount"`
	ActivationDate     string          `json:"activationDate"`
	Country            string          `json:"country"`
	BranchCode         string          `json:"branchCode"`
	PriceList          string          `json:"priceList"`
	CurrencySymbol     string          `json:"currencySymbol"`
	Currency           string          `json:"currency"`
	ClientBarcode      string          `json:"clientBarcode"`
	ClientCode         string          `json:"clientCode"`
	ClientDenomination string          `json:"clientDenomination"`
	Callback           string          `json:"callback"`
	Payload            string          `json:"payload"`
}

var (
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
	countryForm  = regexp.MustCompile(`^[A-Z]{2,3}$`)
)

// Read returns the update, with all problems that can be found without the ledger. Assumed: a positive amount needs
// the fields of an activation even if the card is active.
func (b Update) Read(entities []string) (ledger.Update, []string) {
	var p problems
	entity := strings.Trim(string(b.EntityCode), `"`)
	u := ledger.Update{
		Barcode: b.Barcode, Payload: b.Payload, EntityCode: entity, BranchCode: b.BranchCode, PriceList: b.PriceList,
		Currency: b.Currency,
	}
	p.add(entity == "" || entity == "null", "entityCode is required")
	p.add(entity != "" && len(entities) > 0 && !slices.Contains(entities, entity), "entityCode is unknown")
	p.add(b.Barcode == "", "barcode is required")
	amount, err := ledger.ParseAmount(string(b.Amount))
	p.add(err != nil || amount == 0, "amount must be a number other than zero with at most two decimals")
	u.Amount = amount
	p.add(b.Callback != "" && !isURL(b.Callback), "callback must be a URL")
	if amount > 0 {
		at, err := time.Parse(layout, b.ActivationDate)
		p.add(err != nil, "activationDate must be yyyy-MM-dd HH:mm:ss")
		u.Date = at
		p.add(!countryForm.MatchString(b.Country), "country must be an ISO 3166 code")
		p.add(b.BranchCode == "", "branchCode is required")
		p.add(b.PriceList == "", "priceList is required")
		p.add(b.CurrencySymbol == "", "currencySymbol is required")
		p.add(!currencyForm.MatchString(b.Currency), "currency must be an ISO 4217 code")
	}
	return u, p
}

// PDF is the body of a request for a PDF.
type PDF struct {
	Barcodes []string `json:"barcodes"`
	Callback string   `json:"callback"`
}

// Problems returns all that is wrong with it. It may do without a callback if the URL is in the answer.
func (b PDF) Problems(inAnswer bool) []string {
	var p problems
	p.add(len(b.Barcodes) == 0, "barcodes are required")
	p.add(!isURL(b.Callback) && (b.Callback != "" || !inAnswer), "callback must be a URL")
	return p
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
