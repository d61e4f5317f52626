package bodies

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
)

// layout is how dates are written, in GMT.
const layout = "2006-01-02 15:04:05"

// LoggedIn is the answer to a login.
type LoggedIn struct {
	Username    string          `json:"username"`
	CompanyID   string          `json:"companyId"`
	SiteID      int             `json:"siteId"`
	Token       string          `json:"token"`
	Expires     string          `json:"expires,omitempty"`
	ExpiresInMS json.RawMessage `json:"expiresInMS,omitempty"`
}

// Generated is what a callback says of cards that were made.
type Generated struct {
	Success   bool            `json:"success"`
	Giftcards []GeneratedCard `json:"giftcards"`
}

// GeneratedCard is one of them.
type GeneratedCard struct {
	Barcode       string `json:"barcode"`
	StartValidity string `json:"startValidity"`
	EndValidity   string `json:"endValidity"`
}

// Got is the answer that shows a card.
type Got struct {
	Success  bool `json:"success"`
	Giftcard Card `json:"giftcard"`
}

// Card has the fields of the published sample, in its order.
type Card struct {
	ID                    string          `json:"id"`
	CompanyID             string          `json:"companyId"`
	SiteID                json.RawMessage `json:"siteId"`
	BranchCode            json.RawMessage `json:"branchCode"`
	EntityCode            json.RawMessage `json:"entityCode"`
	CardBarcode           string          `json:"cardBarcode"`
	IssueDate             string          `json:"issueDate"`
	ActivationDate        string          `json:"activationDate"`
	ExpirationDate        string          `json:"expirationDate"`
	FlgActive             string          `json:"flgActive"`
	PriceList             string          `json:"priceList"`
	PriceListType         string          `json:"priceListType"`
	DecimalNumber         json.RawMessage `json:"decimalNumber"`
	CurrencySymbol        string          `json:"currencySymbol"`
	Currency              string          `json:"currency"`
	OriginalAmount        json.RawMessage `json:"originalAmount"`
	Amount                json.RawMessage `json:"amount"`
	ItemType              string          `json:"itemType"`
	ItemSubtype           string          `json:"itemSubtype"`
	ItemCode              string          `json:"itemCode"`
	TaxRate               json.RawMessage `json:"taxRate"`
	VATCode               json.RawMessage `json:"vatCode"`
	PrinterDepartmentCode json.RawMessage `json:"printerDepartmentCode"`
	FlgNetworkUsage       string          `json:"flgNetworkUsage"`
	FlgPartiallyUsage     string          `json:"flgPartiallyUsage"`
	PaymentTermCode       json.RawMessage `json:"paymentTermCode"`
	FlgAllowOfflineUsage  string          `json:"flgAllowOfflineUsage"`
	Taxation              string          `json:"taxation"`
}

// Updated is what a callback says of a balance that was changed.
type Updated struct {
	Success bool   `json:"success"`
	ID      string `json:"id"`
	Payload string `json:"payload,omitempty"`
}

// MadePDF says where a PDF is.
type MadePDF struct {
	Success bool   `json:"success"`
	URL     string `json:"url"`
}

// Refusal is the answer to a request that the service refuses, or the callback of a job that failed. It has no success.
type Refusal struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	Payload string `json:"payload,omitempty"`
}

// Enqueued is the answer to a request whose job waits in the queue.
type Enqueued struct {
	Success bool `json:"success"`
}

// Transport is what the service answers before it looks at a request.
type Transport struct {
	Message string `json:"message"`
}

// Writer writes answers in one of the forms that the vendor's services may have: which one is not published.
type Writer struct {
	// Italian makes messages Italian, and Texts writes numbers as texts.
	Italian, Texts bool
}

// Number writes a number, or a text if numbers are to be texts.
func (w Writer) Number(digits string) json.RawMessage {
	if w.Texts {
		return json.RawMessage(`"` + digits + `"`)
	}
	return json.RawMessage(digits)
}

var onlyDigits = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)

// code writes a code as a number if it is one, as the published sample does.
func (w Writer) code(code string) json.RawMessage {
	if onlyDigits.MatchString(code) {
		return w.Number(code)
	}
	return encoded(code)
}

// amount writes an amount with as few decimals as it needs, as the published sample does.
func (w Writer) amount(h ledger.Hundredths) json.RawMessage {
	return w.Number(strings.TrimSuffix(strings.TrimRight(h.String(), "0"), "."))
}

func encoded(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("encode a text: %v", err))
	}
	return b
}

// Card returns a card as Get returns it.
func (w Writer) Card(c ledger.Card) Card {
	flags := map[bool]string{true: "Y", false: "N"}
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(layout)
	}
	return Card{
		ID: "SIMULATED_501_" + c.EntityCode + "_" + c.Barcode, CompanyID: "SIMULATED", SiteID: w.Number("501"),
		BranchCode: w.code(c.BranchCode), EntityCode: w.code(c.EntityCode), CardBarcode: c.Barcode,
		IssueDate: date(c.Generated), ActivationDate: date(c.Activated), ExpirationDate: date(c.EndValidity),
		FlgActive: flags[c.Active], PriceList: c.PriceList, PriceListType: "V", DecimalNumber: w.Number("2"),
		CurrencySymbol: map[string]string{"EUR": "€", "USD": "$", "GBP": "£"}[c.Currency], Currency: c.Currency,
		OriginalAmount: w.amount(c.OriginalAmount), Amount: w.amount(c.Amount), ItemType: "FINANCIAL",
		ItemSubtype: "GIFTCARD", ItemCode: c.ItemCode, TaxRate: w.Number("22"), VATCode: w.Number("3"),
		PrinterDepartmentCode: w.Number("1"), FlgNetworkUsage: "Y", FlgPartiallyUsage: flags[!c.WholeOnly], PaymentTermCode: w.Number("201"),
		FlgAllowOfflineUsage: "N",
	}
}

// Generated returns what a callback says of cards that were made.
func (w Writer) Generated(cards []ledger.Card) Generated {
	out := Generated{Success: true}
	for _, c := range cards {
		out.Giftcards = append(out.Giftcards, GeneratedCard{
			c.Barcode, c.StartValidity.UTC().Format(layout), c.EndValidity.UTC().Format(layout),
		})
	}
	return out
}

// Refusal returns a refusal, with its text in the language of the service.
func (w Writer) Refusal(text, payload string) Refusal {
	if w.Italian {
		text = ledger.Problem(text).Italian()
	}
	return Refusal{Message: text, Payload: payload}
}
