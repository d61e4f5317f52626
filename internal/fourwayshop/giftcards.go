package fourwayshop

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
)

// Barcode is the barcode of a card: all that is needed to spend it.
type Barcode = wire.Barcode

// GenerateRequest asks for barcodes. A barcode is worth nothing until [Client.Update] activates it.
type GenerateRequest struct {
	// ItemCode is the item that the cards will be.
	ItemCode string
	// Count is the number of barcodes.
	Count int
	// Callback is the URL to which the result is posted. Nothing else in the result tells requests apart, so it must be
	// unique to the request.
	Callback string
}

// Generate enqueues a job that makes barcodes. [ParseGenerated] reads its result.
func (c *Client) Generate(ctx context.Context, r GenerateRequest) error {
	switch {
	case r.ItemCode == "":
		return &InvalidError{"itemCode", "is missing"}
	case r.Count < 1:
		return &InvalidError{"giftcards", "is not above zero"}
	}
	if err := checkCallback(r.Callback); err != nil {
		return err
	}
	return c.do(ctx, request{
		op: opGenerate, method: http.MethodPost, path: c.paths.Generate,
		body: generateBody{r.ItemCode, r.Count, r.Callback}, secrets: secretsOf(r.Callback, secretPart(r.Callback)),
	}, &wire.Verdict{})
}

type generateBody struct {
	ItemCode  string `json:"itemCode"`
	Giftcards int    `json:"giftcards"`
	Callback  string `json:"callback"`
}

// Card is a card as the service returns it.
type Card struct {
	// ID is the service's identifier. It may end in the barcode, so it is a secret as well.
	ID      Barcode
	Barcode Barcode
	// ItemCode, EntityCode and BranchCode are as the service wrote them, be it as numbers.
	ItemCode, EntityCode, BranchCode string
	// Active reports whether the card was activated.
	Active bool
	// OriginalAmount and Amount are decimals in Currency, such as "390.00", and empty if the service does not say. Amount
	// is the balance.
	OriginalAmount, Amount string
	// Currency is an ISO 4217 code, as the service wrote it.
	Currency string
	// The dates are zero if the service does not say them.
	IssueDate, ActivationDate, ExpirationDate time.Time
	// PartialUse and OfflineUse report whether the service says that the card may be spent in parts, and without a
	// connection.
	PartialUse, OfflineUse bool
}

// Get returns a card with its current balance. It fails with [UnknownBarcode] if there is no such card. Assumed: this may
// also be so for a card that was generated and is not active yet.
func (c *Client) Get(ctx context.Context, barcode Barcode) (*Card, error) {
	if !barcode.Valid() {
		return nil, &InvalidError{"barcode", "does not look like one"}
	}
	var answer getAnswer
	err := c.do(ctx, request{
		op: opGet, method: http.MethodGet, path: getPath(c.paths.Get, barcode), secrets: secretsOf(string(barcode)),
	}, &answer)
	switch {
	case err != nil:
		return nil, err
	case answer.Giftcard == nil:
		return nil, contradiction(opGet, "the answer holds no gift card")
	case answer.Giftcard.CardBarcode != barcode:
		return nil, contradiction(opGet, "the answer is about another card")
	}
	return answer.Giftcard.card()
}

// getPath returns the path of a card. That the barcode is a parameter of the query is assumed: the published page says
// "passing the barcode in the request", which is a GET.
func getPath(path string, barcode Barcode) string {
	return path + "?" + url.Values{"barcode": {string(barcode)}}.Encode()
}

type getAnswer struct {
	wire.Verdict
	Giftcard *cardEntity `json:"giftcard"`
}

type cardEntity struct {
	ID                   wire.Text `json:"id"`
	CardBarcode          Barcode   `json:"cardBarcode"`
	ItemCode             wire.Text `json:"itemCode"`
	EntityCode           wire.Text `json:"entityCode"`
	BranchCode           wire.Text `json:"branchCode"`
	FlgActive            wire.Flag `json:"flgActive"`
	OriginalAmount       wire.Text `json:"originalAmount"`
	Amount               wire.Text `json:"amount"`
	Currency             wire.Text `json:"currency"`
	IssueDate            wire.Text `json:"issueDate"`
	ActivationDate       wire.Text `json:"activationDate"`
	ExpirationDate       wire.Text `json:"expirationDate"`
	FlgPartiallyUsage    wire.Flag `json:"flgPartiallyUsage"`
	FlgAllowOfflineUsage wire.Flag `json:"flgAllowOfflineUsage"`
}

// card returns the card. A value that decides about money and is not understood is an error. It is not quoted.
func (e *cardEntity) card() (*Card, error) {
	if e.FlgActive == wire.Unsaid {
		return nil, contradiction(opGet, "the answer does not say whether the card is active")
	}
	c := &Card{
		ID: Barcode(e.ID), Barcode: e.CardBarcode, ItemCode: string(e.ItemCode), EntityCode: string(e.EntityCode),
		BranchCode: string(e.BranchCode), Active: e.FlgActive == wire.Yes, Currency: string(e.Currency),
		PartialUse: e.FlgPartiallyUsage == wire.Yes, OfflineUse: e.FlgAllowOfflineUsage == wire.Yes,
	}
	for _, amount := range []struct {
		name string
		said wire.Text
		into *string
	}{
		{"originalAmount", e.OriginalAmount, &c.OriginalAmount}, {"amount", e.Amount, &c.Amount},
	} {
		var err error
		if *amount.into, err = wire.ParseAmount(amount.said); err != nil {
			return nil, contradiction(opGet, amount.name+" is "+err.Error())
		}
	}
	for _, date := range []struct {
		name string
		said wire.Text
		into *time.Time
	}{
		{"issueDate", e.IssueDate, &c.IssueDate},
		{"activationDate", e.ActivationDate, &c.ActivationDate},
		{"expirationDate", e.ExpirationDate, &c.ExpirationDate},
	} {
		var err error
		if *date.into, err = wire.ParseDate(date.said); err != nil {
			return nil, contradiction(opGet, date.name+" is "+err.Error())
		}
	}
	return c, nil
}

// UpdateRequest changes the balance of a card.
type UpdateRequest struct {
	EntityCode string
	Barcode    Barcode
	// Amount is a decimal with at most two digits after the point. A negative one spends. What a positive one does to a
	// card that is active is not known.
	Amount string
	// Activation is needed to activate a card, with a positive amount.
	Activation *Activation
	// ClientBarcode, ClientCode and ClientDenomination say who the card is for. They are omitted if they are empty.
	ClientBarcode, ClientCode, ClientDenomination string
	// Callback is the URL to which the result is posted, and Payload a text that comes back with it. Both may be empty.
	Callback, Payload string
}

// Activation is what the service needs to know to activate a card.
type Activation struct {
	Date                           time.Time
	Country, BranchCode, PriceList string
	// CurrencySymbol is such as "€", Currency an ISO 4217 code.
	CurrencySymbol, Currency string
}

// Update enqueues a job that changes the balance of a card. [ParseUpdated] reads its result. Sending it again may change
// the balance again: see [IsAmbiguous].
func (c *Client) Update(ctx context.Context, r UpdateRequest) error {
	if err := r.check(); err != nil {
		return err
	}
	return c.do(ctx, request{
		op: opUpdate, method: http.MethodPost, path: c.paths.Update, body: r.wire(),
		secrets: secretsOf(string(r.Barcode), r.ClientBarcode, r.ClientCode, r.ClientDenomination, r.Callback, secretPart(r.Callback), r.Payload),
	}, &wire.Verdict{})
}

// amountForm is narrower than what a service may return.
var amountForm = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?$`)

func (r UpdateRequest) check() error {
	switch {
	case r.EntityCode == "":
		return &InvalidError{"entityCode", "is missing"}
	case !r.Barcode.Valid():
		return &InvalidError{"barcode", "does not look like one"}
	case !amountForm.MatchString(r.Amount) || strings.Trim(r.Amount, "-0.") == "":
		return &InvalidError{"amount", "is not a decimal with at most two decimals, other than zero"}
	}
	if r.Callback != "" {
		if err := checkCallback(r.Callback); err != nil {
			return err
		}
	}
	a := r.Activation
	if a == nil {
		return nil
	}
	if strings.HasPrefix(r.Amount, "-") {
		return &InvalidError{"amount", "is negative on activation"}
	}
	if a.Date.IsZero() {
		return &InvalidError{"activationDate", "is missing"}
	}
	for _, field := range [][2]string{
		{"country", a.Country},
		{"branchCode", a.BranchCode},
		{"priceList", a.PriceList},
		{"currencySymbol", a.CurrencySymbol},
		{"currency", a.Currency},
	} {
		if field[1] == "" {
			return &InvalidError{field[0], "is missing"}
		}
	}
	return nil
}

// secretPart returns the last part of the path of a callback, which alone makes the callback unguessable.
func secretPart(callback string) string { return callback[strings.LastIndex(callback, "/")+1:] }

func checkCallback(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return &InvalidError{"callback", "is not the URL of a receiver"}
	}
	return nil
}

// updateBody is the body of Update. The published table has the entity code as a text, and the sample as a number.
type updateBody struct {
	EntityCode         string          `json:"entityCode"`
	Barcode            string          `json:"barcode"`
	Amount             json.RawMessage `json:"amount"`
	ActivationDate     string          `json:"activationDate,omitempty"`
	Country            string          `json:"country,omitempty"`
	BranchCode         string          `json:"branchCode,omitempty"`
	PriceList          string          `json:"priceList,omitempty"`
	CurrencySymbol     string          `json:"currencySymbol,omitempty"`
	Currency           string          `json:"currency,omitempty"`
	ClientBarcode      string          `json:"clientBarcode,omitempty"`
	ClientCode         string          `json:"clientCode,omitempty"`
	ClientDenomination string          `json:"clientDenomination,omitempty"`
	Callback           string          `json:"callback,omitempty"`
	Payload            string          `json:"payload,omitempty"`
}

// wire returns the body. The amount is written as a number, digit by digit.
func (r UpdateRequest) wire() updateBody {
	b := updateBody{
		EntityCode: r.EntityCode, Barcode: string(r.Barcode), Amount: json.RawMessage(r.Amount),
		ClientBarcode: r.ClientBarcode, ClientCode: r.ClientCode, ClientDenomination: r.ClientDenomination,
		Callback: r.Callback, Payload: r.Payload,
	}
	if a := r.Activation; a != nil {
		b.ActivationDate = a.Date.UTC().Format(wire.Layout)
		b.Country, b.BranchCode, b.PriceList = a.Country, a.BranchCode, a.PriceList
		b.CurrencySymbol, b.Currency = a.CurrencySymbol, a.Currency
	}
	return b
}
