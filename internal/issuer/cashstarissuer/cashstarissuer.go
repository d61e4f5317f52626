// Package cashstarissuer is the adapter of CashStar: it translates between the port of issuers and CashStar's words, and
// decides the kinds of CashStar's refusals.
//
// In CashStar's words the idempotency key is the audit number, an account is a merchant, and the reference of a card is
// its eGC code.
package cashstarissuer

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/refusal"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Issuer is CashStar as an issuer. It implements every ability of the port.
type Issuer struct {
	client  *cashstar.Client
	dedupes bool
}

// New returns the issuer behind a client. dedupes says whether this account refuses an audit number that was used:
// nobody outside CashStar knows.
func New(client *cashstar.Client, dedupes bool) *Issuer {
	return &Issuer{client: client, dedupes: dedupes}
}

// Words implements [issuer.Issuer].
func (*Issuer) Words() issuer.Words {
	return issuer.Words{
		Issuer: "CashStar", Account: "merchant", Accounts: "merchants", Key: "audit number", Reference: "eGC code",
	}
}

// Dedupes implements [issuer.Direct].
func (i *Issuer) Dedupes() bool { return i.dedupes }

// Issue implements [issuer.Direct].
func (i *Issuer) Issue(ctx context.Context, r issuer.Request) (issuer.Card, error) {
	request := orderOf(r)
	order, err := i.client.CreateOrder(ctx, request)
	if err != nil {
		return issuer.Card{}, &issuer.Error{Effect: effectOf(err), Err: orderKinds.WithKind(err)}
	}
	if err := order.Check(request); err != nil {
		return issuer.Card{}, &issuer.Error{Effect: issuer.Different, Err: orderKinds.WithKind(err)}
	}
	return issuer.Card{
		Reference: order.Card.EGCCode, OrderNumber: order.OrderNumber, MaskedNumber: order.Card.MaskedNumber,
	}, nil
}

// effectOf returns what is known about the effect of an order that failed.
func effectOf(err error) issuer.Effect {
	switch {
	case cashstar.IsDuplicate(err):
		return issuer.Duplicate
	case cashstar.IsAmbiguous(err):
		return issuer.Unclear
	}
	return issuer.None
}

// Accounts implements [issuer.Accounts].
func (i *Issuer) Accounts(ctx context.Context) ([]issuer.Account, error) {
	merchants, err := i.client.Merchants(ctx)
	if err != nil {
		return nil, kinds.WithKind(err)
	}
	accounts := make([]issuer.Account, len(merchants))
	for n, m := range merchants {
		accounts[n] = issuer.Account{Code: m.MerchantCode, Names: []string{m.Name, m.LegalName}}
	}
	return accounts, nil
}

// Offer implements [issuer.Offerer], by two requests.
func (i *Issuer) Offer(ctx context.Context, account string) (issuer.Offer, error) {
	catalog, err := i.client.Catalog(ctx, account)
	if err != nil {
		return issuer.Offer{}, kinds.WithKind(err)
	}
	faceplates, err := i.client.Faceplates(ctx, account)
	if err != nil {
		return issuer.Offer{}, kinds.WithKind(err)
	}
	return issuer.Offer{Items: listing("catalog", catalog), Designs: listing("faceplates", faceplates)}, nil
}

func listing(name string, o cashstar.Offer) issuer.Listing {
	l := issuer.Listing{Name: name, Facts: make([]issuer.Fact, len(o.Fields)), Omitted: o.Omitted}
	for n, f := range o.Fields {
		l.Facts[n] = issuer.Fact{Name: f.Path, Value: f.Value}
	}
	return l
}

// Probe implements [issuer.Prober], by the only request that changes nothing and needs no card.
func (i *Issuer) Probe(ctx context.Context) error {
	_, err := i.client.Merchants(ctx)
	return kinds.WithKind(err)
}

// Inspect implements [issuer.Inspector].
func (i *Issuer) Inspect(ctx context.Context, account, reference string) (issuer.State, error) {
	return state(i.client.Balance(ctx, account, reference))
}

// Cancel implements [issuer.Canceller].
func (i *Issuer) Cancel(ctx context.Context, c issuer.Cancellation) (issuer.State, error) {
	return state(i.client.CancelCard(ctx, c.Account, c.Reference))
}

func state(card *cashstar.Card, err error) (issuer.State, error) {
	if err != nil {
		return issuer.State{}, kinds.WithKind(err)
	}
	return issuer.State{
		MaskedNumber: card.MaskedNumber, Status: card.Status, Cancelled: isCancelled(card.Status),
		InitialBalance: card.InitialBalance, CurrentBalance: card.CurrentBalance, Currency: card.Currency,
	}, nil
}

// isCancelled accepts both spellings. Assumed: the status of a cancelled card has not been seen outside CashStar.
func isCancelled(status string) bool { return strings.HasPrefix(strings.ToUpper(status), "CANCEL") }

// orderKinds decides the kind of every refusal of an order, and kinds that of every other refusal.
var (
	orderKinds refusal.Table = kindOfOrder
	kinds      refusal.Table = kindOf
)

// declinedStatuses are taken as the refusal to issue this card, if CashStar explains it. Assumed: no such refusal has
// been seen outside CashStar.
var declinedStatuses = []int{http.StatusPaymentRequired, http.StatusForbidden, http.StatusUnprocessableEntity}

func kindOfOrder(e *rest.Error) giftcard.Kind {
	if cashstar.Explains(e) && slices.Contains(declinedStatuses, e.Status) {
		return giftcard.CardDeclined
	}
	return kindOf(e)
}

// unauthorizedStatuses concern us rather than the request: bad credentials, a missing permission, an account that is
// suspended (402) or locked (423).
var unauthorizedStatuses = []int{
	http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusLocked,
	http.StatusProxyAuthRequired,
}

func kindOf(e *rest.Error) giftcard.Kind {
	if cashstar.IsInconclusive(e) {
		return giftcard.Unavailable
	}
	switch s := e.Status; {
	case s == http.StatusTooManyRequests || s == cashstar.StatusEnhanceYourCalm:
		return giftcard.RateLimited
	case s == http.StatusRequestTimeout:
		return giftcard.Timeout
	case slices.Contains(unauthorizedStatuses, s):
		return giftcard.Unauthorized
	case s < 400 || s == http.StatusNotImplemented:
		return giftcard.UnexpectedResponse
	case s == http.StatusTooEarly || s >= 500:
		return giftcard.Unavailable
	default:
		return giftcard.InvalidRequest
	}
}
