// Package cashstar is a client for the CashStar eGift Card (eGC) service. It uses the service's own terms: merchants,
// orders, cards. It sends each request once, makes no decisions and keeps no state.
//
// There is no public reference manual. The paths and bodies are those of the public Ruby client crowdtap/cashstar
// 0.1.7; the order entity is the one that CashStar's integrators publish. Behaviour that nobody outside CashStar has
// observed is marked "assumed".
package cashstar

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	service   = "CashStar"
	userAgent = "giftbridge"

	// maxBody is the size limit of a response in bytes. An order takes a kilobyte or two, a merchant some hundred
	// bytes. Hundreds of cards may be requested at a time, and each response needs much less than the limit for
	// Shopify.
	maxBody = 1 << 20

	opCreateOrder = "create order"
	opBalance     = "get balance"
	opCancel      = "cancel card"
	opCatalog     = "get catalog"
	opFaceplates  = "get faceplates"

	// DefaultTimeout is the time-out of one request, including its response, unless [Options] set another.
	DefaultTimeout = 30 * time.Second
)

// Options are the address of the service and the credentials for it.
type Options struct {
	// BaseURL is https://api.cashstar.com or https://api-semiprod.cashstar.com with the version prefix of the
	// account, such as /v2.
	BaseURL string
	// Username and Password are the account's credentials, sent as HTTP Basic authentication.
	Username, Password string
	// HTTPClient is optional. It is copied, not changed.
	HTTPClient *http.Client
	// Timeout is the time-out of one request. If it is 0, HTTPClient's time-out applies; if that is 0 too, or there is
	// no HTTPClient, [DefaultTimeout] applies.
	Timeout time.Duration
	// Observe is called for each request; it may be nil.
	Observe rest.Observer
}

// Client talks to one CashStar account. It is safe for concurrent use.
type Client struct {
	rest *rest.Client
	// secrets are the account's credentials in the form in which they are sent.
	secrets []string
}

// New returns a client. It sends no request.
func New(o Options) (*Client, error) {
	if o.Username == "" || o.Password == "" {
		return nil, errors.New("cashstar client: need a username and a password")
	}
	if strings.Contains(o.Username, ":") {
		return nil, errors.New("cashstar client: the username must not hold a colon") // RFC 7617, section 2
	}
	var hc http.Client
	if o.HTTPClient != nil {
		hc = *o.HTTPClient
	}
	switch {
	case o.Timeout > 0:
		hc.Timeout = o.Timeout
	case hc.Timeout == 0:
		hc.Timeout = DefaultTimeout
	}
	hc.Transport = &authenticated{base: hc.Transport, username: o.Username, password: o.Password}
	c, err := rest.New(service, o.BaseURL, &hc)
	if err != nil {
		return nil, err
	}
	sent := base64.StdEncoding.EncodeToString([]byte(o.Username + ":" + o.Password))
	return &Client{rest: c.Observed(o.Observe).Bounded(maxBody), secrets: []string{sent, o.Password}}, nil
}

// authenticated adds the account's credentials to each request.
type authenticated struct {
	base               http.RoundTripper
	username, password string
}

// RoundTrip implements http.RoundTripper, which forbids changing the request: hence the clone.
func (a *authenticated) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth(a.username, a.password)
	r.Header.Set("User-Agent", userAgent)
	base := a.base
	if base == nil {
		base = http.DefaultTransport
	}
	return base.RoundTrip(r)
}

// Merchant is a brand for which the account may order cards.
type Merchant struct {
	Name, LegalName, MerchantCode string
}

// Merchants returns the merchants of the account. It leaves out a merchant without a merchant code, for which no card
// can be ordered.
func (c *Client) Merchants(ctx context.Context) ([]Merchant, error) {
	const op = "list merchants"
	var answer merchantsAnswer
	if err := c.do(ctx, op, http.MethodGet, "merchant/", nil, &answer, errorMessage); err != nil {
		return nil, err
	}
	if answer.Merchants == nil {
		return nil, c.conceal(answer.contradicts(op, "the answer holds no merchants", errorMessage))
	}
	merchants := make([]Merchant, 0, len(answer.Merchants.Merchant))
	for _, m := range answer.Merchants.Merchant {
		if m.MerchantCode != "" {
			merchants = append(merchants, Merchant{string(m.Name), string(m.LegalName), string(m.MerchantCode)})
		}
	}
	return merchants, nil
}

// CreateOrder orders one card. The audit number makes it safe to send the same order again. [IsDuplicate] recognises
// the response to a repeated order, and [Order.Check] verifies that the returned order is the requested one.
func (c *Client) CreateOrder(ctx context.Context, req CreateOrderRequest) (*Order, error) {
	const op = opCreateOrder
	var used bool
	message := req.errorMessage(&used)
	var answer orderAnswer
	if err := c.do(ctx, op, http.MethodPost, "order/", req.wire(), &answer, message); err != nil {
		if s := rest.StatusOf(err); used && (s == http.StatusConflict || s == http.StatusBadRequest) {
			err = usedNumber{err}
		}
		return nil, err
	}
	switch {
	case answer.Order == nil:
		return nil, c.conceal(answer.contradicts(op, "the answer holds no order", message))
	case len(answer.Order.EGC) != 1 || answer.Order.EGC[0].EGCCode == "":
		return nil, c.conceal(answer.contradicts(op, "the order in the answer does not hold one card", message))
	}
	return answer.Order.order(), nil
}

// Balance returns the card with its current balance and status.
func (c *Client) Balance(ctx context.Context, merchantCode, egcCode string) (*Card, error) {
	return c.card(ctx, opBalance, http.MethodGet, "balance/", merchantCode, egcCode)
}

// CancelCard cancels the card and returns it.
func (c *Client) CancelCard(ctx context.Context, merchantCode, egcCode string) (*Card, error) {
	return c.card(ctx, opCancel, http.MethodDelete, "", merchantCode, egcCode)
}

func (c *Client) card(ctx context.Context, op, method, suffix, merchantCode, egcCode string) (*Card, error) {
	merchant, err := segment("merchant code", merchantCode)
	if err != nil {
		return nil, err
	}
	code, err := segment("eGC code", egcCode)
	if err != nil {
		return nil, err
	}
	var answer cardAnswer
	err = c.do(ctx, op, method, "merchant/"+merchant+"/egc/"+code+"/"+suffix, nil, &answer, errorMessage)
	if err != nil {
		return nil, err
	}
	if len(answer.EGC) != 1 {
		return nil, c.conceal(answer.contradicts(op, "the answer does not hold one card", errorMessage))
	}
	card := answer.EGC[0].card()
	if (card.EGCCode != "" && card.EGCCode != egcCode) ||
		(card.MerchantCode != "" && card.MerchantCode != merchantCode) {
		return nil, contradiction(op, "the answer is about another card")
	}
	return card, nil
}

// segment escapes one segment of a path. It refuses an empty segment and a dot segment, which would address another
// resource.
func segment(name, s string) (string, error) {
	if s == "" || s == "." || s == ".." {
		return "", fmt.Errorf("cashstar: %s %q cannot stand in a path", name, s)
	}
	return url.PathEscape(s), nil
}

func (c *Client) do(
	ctx context.Context, op, method, path string, body, answer any, message rest.ErrorBody,
) error {
	req, err := c.rest.NewRequest(ctx, method, path, body)
	if err != nil {
		return err
	}
	_, err = c.rest.Do(req, op, answer, message)
	return c.conceal(err)
}

// conceal removes the account's credentials from err: some services repeat the request in their error messages.
func (c *Client) conceal(err error) error { return rest.Concealed(err, c.secrets...) }
