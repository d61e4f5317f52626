package cashstar

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// The values of the fields of [Delivery].
const (
	// DeliveredByCashStar makes CashStar deliver the card, which is the service's default. DeliveredByClient leaves
	// delivery to the client.
	DeliveredByCashStar = "CASHSTAR"
	DeliveredByClient   = "CLIENT"
	// MethodEmail delivers the card to an e-mail address.
	MethodEmail = "EMAIL"
)

// CreateOrderRequest is an order of one card. The service accepts several cards in one order; with one card per order,
// the audit number identifies the card.
type CreateOrderRequest struct {
	// AuditNumber is the client's own unique number for the order.
	AuditNumber  string
	MerchantCode string
	// InitialBalance has two decimals: "100.00".
	InitialBalance string
	// Currency is an ISO 4217 code.
	Currency string
	// Challenge is what the recipient must know to see the card; ChallengeDescription is the question put to the
	// recipient.
	Challenge, ChallengeDescription string
	Delivery                        Delivery
	// Message is omitted if it is empty.
	Message Message
	// AdditionalContent is a text that accompanies the card, such as an advertisement. It is omitted if it is empty.
	// Assumed: a client may send it, as the order that CashStar returns holds one.
	AdditionalContent string
}

// Delivery says how the card reaches its recipient.
type Delivery struct {
	// DeliveredBy and Method are constants such as [DeliveredByCashStar] and [MethodEmail]; Target is the address.
	DeliveredBy, Method, Target string
	// Scheduled is the delivery time; the zero time means immediately.
	Scheduled time.Time
}

// Message is the greeting on the card.
type Message struct {
	From, To, Body string
}

// Order is an order as returned by the service.
type Order struct {
	OrderNumber, OrderStatus, TransactionID, AuditNumber string
	Card                                                 Card
}

// Card is an eGift card as returned by the service. Personal data that the response repeats (challenge, address,
// greeting) is not kept. Neither are the card's number, its access code and its
// URL: whoever has them can spend the card.
type Card struct {
	// EGCCode is the service's identifier of the card. It cannot be spent by itself.
	EGCCode string
	// MaskedNumber is the card's number with all but the last four digits hidden.
	MaskedNumber string
	MerchantCode string
	// InitialBalance and CurrentBalance are decimals in Currency.
	InitialBalance, CurrentBalance, Currency string
	Active                                   bool
	Status                                   string
}

// Check compares the order with the request that it answers. The error is a [*rest.Error] with the outcome
// [rest.Contradictory]: a card exists, but it is not the one that was ordered.
//
// A merchant code or a currency that the response omits does not count as a difference, nor does a currency in lower
// case. Assumed, since no manual says what a response must hold: it repeats the audit number and the balance, as the
// published one does.
func (o *Order) Check(req CreateOrderRequest) error {
	differs := func(field, got, want string) error {
		return contradiction(opCreateOrder, fmt.Sprintf("ordered %s %s, answered %s", field, quote(want), quote(got)))
	}
	switch {
	case o.AuditNumber != req.AuditNumber:
		return contradiction(opCreateOrder, "the answer has another audit number than the order")
	case o.Card.MerchantCode != "" && o.Card.MerchantCode != req.MerchantCode:
		return differs("merchant code", o.Card.MerchantCode, req.MerchantCode)
	case !sameDecimal(o.Card.InitialBalance, req.InitialBalance):
		return differs("initial balance", o.Card.InitialBalance, req.InitialBalance)
	case o.Card.Currency != "" && !strings.EqualFold(o.Card.Currency, req.Currency):
		return differs("currency", o.Card.Currency, req.Currency)
	}
	return nil
}

// decimal is deliberately narrow: big.Rat would take very long to parse "1e999999999".
var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})?$`)

func sameDecimal(a, b string) bool {
	if !decimal.MatchString(a) || !decimal.MatchString(b) {
		return false
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}
