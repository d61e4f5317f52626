package fourwayshoptest

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

// layout is how dates are written, in GMT.
const layout = "2006-01-02 15:04:05"

type loginBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

type loginAnswer struct {
	Username    string          `json:"username"`
	CompanyID   string          `json:"companyId"`
	SiteID      int             `json:"siteId"`
	Token       string          `json:"token"`
	Expires     string          `json:"expires,omitempty"`
	ExpiresInMS json.RawMessage `json:"expiresInMS,omitempty"`
}

type generateBody struct {
	ItemCode  string `json:"itemCode"`
	Giftcards int    `json:"giftcards"`
	Callback  string `json:"callback"`
}

func (b generateBody) problems() []string {
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

type generatedBody struct {
	Success   bool              `json:"success"`
	Giftcards []generatedEntity `json:"giftcards"`
}

type generatedEntity struct {
	Barcode       string `json:"barcode"`
	StartValidity string `json:"startValidity"`
	EndValidity   string `json:"endValidity"`
}

type getAnswer struct {
	Success  bool       `json:"success"`
	Giftcard cardEntity `json:"giftcard"`
}

// cardEntity has the fields of the published sample, in its order.
type cardEntity struct {
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

// number writes a number, or a text if numbers are to be texts.
func (s *Server) number(digits string) json.RawMessage {
	if s.options.Texts {
		return json.RawMessage(`"` + digits + `"`)
	}
	return json.RawMessage(digits)
}

var onlyDigits = regexp.MustCompile(`^[1-9][0-9]{0,8}$`)

// code writes a code as a number if it is one, as the published sample does.
func (s *Server) code(code string) json.RawMessage {
	if onlyDigits.MatchString(code) {
		return s.number(code)
	}
	return encoded(code)
}

// amount writes an amount with as few decimals as it needs, as the published sample does.
func (s *Server) amount(h ledger.Hundredths) json.RawMessage {
	return s.number(strings.TrimSuffix(strings.TrimRight(h.String(), "0"), "."))
}

func encoded(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("encode a text: %v", err))
	}
	return b
}

// updateBody is the body of an update as a client may send it. The entity code may be a text or a number.
type updateBody struct {
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

// update returns the update, with all problems that can be found without the ledger. Assumed: a positive amount needs
// the fields of an activation even if the card is active.
func (b updateBody) update(entities []string) (ledger.Update, []string) {
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

type updatedBody struct {
	Success bool   `json:"success"`
	ID      string `json:"id"`
	Payload string `json:"payload,omitempty"`
}

type pdfBody struct {
	Barcodes []string `json:"barcodes"`
	Callback string   `json:"callback"`
}

func (b pdfBody) problems(inAnswer bool) []string {
	var p problems
	p.add(len(b.Barcodes) == 0, "barcodes are required")
	p.add(!isURL(b.Callback) && (b.Callback != "" || !inAnswer), "callback must be a URL")
	return p
}

type pdfAnswer struct {
	Success bool   `json:"success"`
	URL     string `json:"url"`
}

// refusalBody has no success.
type refusalBody struct {
	Success bool   `json:"success"`
	Message string `json:"message"`
	Payload string `json:"payload,omitempty"`
}

type enqueuedBody struct {
	Success bool `json:"success"`
}

// transportBody is what the service answers before it looks at a request.
type transportBody struct {
	Message string `json:"message"`
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
