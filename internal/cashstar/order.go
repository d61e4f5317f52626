package cashstar

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// The words of Delivery.
const (
	// DeliveredByCashStar lets CashStar deliver the card, its default. DeliveredByClient leaves that to the client.
	DeliveredByCashStar = "CASHSTAR"
	DeliveredByClient   = "CLIENT"
	// MethodEmail delivers the card to an e-mail address.
	MethodEmail = "EMAIL"
)

// CreateOrderRequest orders one card. The service can take several cards in one order; one an order keeps the audit
// number the name of a card.
type CreateOrderRequest struct {
	// AuditNumber is the client's own unique number of the order.
	AuditNumber  string
	MerchantCode string
	// InitialBalance has two decimals: "100.00".
	InitialBalance string
	// Currency is an ISO 4217 code.
	Currency string
	// Challenge is what the recipient must know to see the card, ChallengeDescription what they are asked for.
	Challenge, ChallengeDescription string
	Delivery                        Delivery
	// Message is left out where it is empty.
	Message Message
}

// Delivery says how the card reaches its recipient.
type Delivery struct {
	// DeliveredBy and Method are words such as [DeliveredByCashStar] and [MethodEmail]; Target is the address.
	DeliveredBy, Method, Target string
	// Scheduled is when to deliver; the zero time means at once.
	Scheduled time.Time
}

// Message is the greeting on the card.
type Message struct {
	From, To, Body string
}

// Order is an order as the service answers it.
type Order struct {
	OrderNumber, OrderStatus, TransactionID, AuditNumber string
	Card                                                 Card
}

// Card is an eGift card as the service answers it. What the answer repeats of people (challenge, address, greeting) is
// not kept, nor are the card's number, its access code and its URL, unless asked for by [Reveal].
type Card struct {
	// EGCCode is the service's name of the card. It buys nothing by itself.
	EGCCode string
	// MaskedNumber is the card's number with all but its last four digits hidden.
	MaskedNumber string
	MerchantCode string
	// InitialBalance and CurrentBalance are decimals in Currency.
	InitialBalance, CurrentBalance, Currency string
	Active                                   bool
	Status                                   string
	// BalanceLastUpdated, Scheduled and Delivered are times as the service writes them (ISO 8601).
	BalanceLastUpdated, Scheduled, Delivered string
	// Number, AccessCode and URL are empty unless asked for by [Reveal].
	Number, AccessCode, URL Secret
}

// Check compares the order with the request that it answers. The error is a [*rest.Error] whose outcome is
// [rest.Contradictory]: there is a card, and it is not the one that was ordered.
//
// A merchant code or a currency that the answer leaves out is no difference, nor is a currency in lower case. Assumed,
// since no manual says what an answer must hold: it repeats the audit number and the balance, as the published one does.
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

// decimal is deliberately narrow: big.Rat would take its time over "1e999999999".
var decimal = regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,15})?$`)

func sameDecimal(a, b string) bool {
	if !decimal.MatchString(a) || !decimal.MatchString(b) {
		return false
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}
