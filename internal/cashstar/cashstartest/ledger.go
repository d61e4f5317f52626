package cashstartest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// The states of a card.
const (
	StatusActive    = "ACTIVE"
	StatusCancelled = "CANCELLED"
)

// Card is an entry of the ledger: an order of one card, together with the card.
type Card struct {
	OrderNumber          string    `json:"order_number"`
	TransactionID        string    `json:"transaction_id"`
	AuditNumber          string    `json:"audit_number"`
	EGCCode              string    `json:"egc_code"`
	EGCNumber            string    `json:"egc_number"`
	AccessCode           string    `json:"access_code"`
	URL                  string    `json:"url"`
	MerchantCode         string    `json:"merchant_code"`
	InitialBalance       string    `json:"initial_balance"`
	CurrentBalance       string    `json:"current_balance"`
	BalanceLastUpdated   time.Time `json:"balance_last_updated"`
	Currency             string    `json:"currency"`
	Status               string    `json:"status"`
	Challenge            string    `json:"challenge"`
	ChallengeDescription string    `json:"challenge_description"`
	DeliveredBy          string    `json:"delivered_by"`
	Method               string    `json:"method"`
	Target               string    `json:"target"`
	// Scheduled is the zero time if the order does not specify one.
	Scheduled time.Time `json:"scheduled,omitzero"`
	Message   Message   `json:"message"`
	// AdditionalContent is the client's text beside the greeting, or empty.
	AdditionalContent string    `json:"additional_content,omitempty"`
	Created           time.Time `json:"created"`
}

// Message is the greeting on a card.
type Message struct {
	From string `json:"from"`
	To   string `json:"to"`
	Body string `json:"body"`
}

// ledger is the state of the service. Its owner does the locking.
type ledger struct {
	merchants []Merchant
	merchant  map[string]int // index in merchants by code
	cards     []*Card
	byAudit   map[string]*Card // the latest card per audit number
	byCode    map[string]*Card
	answers   int
}

func newLedger() ledger {
	return ledger{
		merchant: make(map[string]int),
		byAudit:  make(map[string]*Card),
		byCode:   make(map[string]*Card),
	}
}

func (l *ledger) addMerchant(m Merchant) {
	if i, ok := l.merchant[m.MerchantCode]; ok {
		l.merchants[i] = m
		return
	}
	l.merchant[m.MerchantCode] = len(l.merchants)
	l.merchants = append(l.merchants, m)
}

func (l *ledger) list() []Card {
	cards := make([]Card, len(l.cards))
	for i, c := range l.cards {
		cards[i] = *c
	}
	return cards
}

func (l *ledger) known(auditNumber string) bool { return l.byAudit[auditNumber] != nil }

// check returns the problems of an order that only the ledger can find.
func (l *ledger) check(order Card) []string {
	i, ok := l.merchant[order.MerchantCode]
	if !ok {
		return []string{fmt.Sprintf("merchant_code %q is unknown", order.MerchantCode)}
	}
	if !slices.Contains(l.merchants[i].Currencies, order.Currency) {
		return []string{fmt.Sprintf("currency %s is not one of the merchant's", order.Currency)}
	}
	return nil
}

func (l *ledger) create(order Card, duplicates Duplicates, now time.Time, random *rand.Rand) simulator.Answer {
	if existing := l.byAudit[order.AuditNumber]; existing != nil && duplicates != IssueAgain {
		switch {
		case !sameOrder(*existing, order):
			return refusal(http.StatusBadRequest, "audit_number belongs to a different order")
		case duplicates == AnswerExisting:
			return simulator.Answer{Status: http.StatusOK, Body: orderAnswer(*existing, now)}
		default:
			return refusal(http.StatusConflict, "audit_number was already used")
		}
	}
	const firstOrder = 1000
	n := len(l.cards)
	card := order
	card.OrderNumber = strconv.Itoa(firstOrder + n)
	card.TransactionID = l.nextTransaction()
	card.EGCCode = egcCode(random, n)
	card.EGCNumber = fmt.Sprintf("60064900%08d", n)
	card.AccessCode = fmt.Sprintf("%04d", random.IntN(10_000))
	card.URL = fmt.Sprintf("https://widgets.cashstar.invalid/egc/%d%06d", random.IntN(90)+10, n)
	card.CurrentBalance = card.InitialBalance
	card.Status = StatusActive
	card.Created = now
	card.BalanceLastUpdated = now
	l.cards = append(l.cards, &card)
	l.byCode[card.EGCCode] = &card
	l.byAudit[card.AuditNumber] = &card
	return simulator.Answer{Status: http.StatusOK, Body: orderAnswer(card, now)}
}

// sameOrder reports whether the client sent the same data in both orders.
func sameOrder(existing, order Card) bool {
	if !existing.Scheduled.Equal(order.Scheduled) {
		return false
	}
	sent := Card{
		AuditNumber: existing.AuditNumber, MerchantCode: existing.MerchantCode,
		InitialBalance: existing.InitialBalance, Currency: existing.Currency,
		Challenge: existing.Challenge, ChallengeDescription: existing.ChallengeDescription,
		DeliveredBy: existing.DeliveredBy, Method: existing.Method, Target: existing.Target,
		Scheduled: order.Scheduled, Message: existing.Message, AdditionalContent: existing.AdditionalContent,
	}
	return sent == order
}

// egcCode returns a code like DiSEMhS3pMCCyNr2QW. It is random, and unique because it ends in the card's encoded index.
func egcCode(random *rand.Rand, n int) string {
	const (
		alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		length   = 18
	)
	var end []byte
	for range 6 {
		end = append(end, alphabet[n%len(alphabet)])
		n /= len(alphabet)
	}
	var b strings.Builder
	for range length - len(end) {
		b.WriteByte(alphabet[random.IntN(len(alphabet))])
	}
	b.Write(end)
	return b.String()
}

func (l *ledger) find(merchantCode, code string) *Card {
	c := l.byCode[code]
	if c == nil || c.MerchantCode != merchantCode {
		return nil
	}
	return c
}

func (l *ledger) balance(merchantCode, code string, now time.Time) simulator.Answer {
	c := l.find(merchantCode, code)
	if c == nil {
		return refusal(http.StatusNotFound, "the merchant has no such eGC")
	}
	return simulator.Answer{Status: http.StatusOK, Body: cardAnswerBody{EGC: egcAnswer(*c, now)}}
}

func (l *ledger) cancel(merchantCode, code string, now time.Time) simulator.Answer {
	c := l.find(merchantCode, code)
	switch {
	case c == nil:
		return refusal(http.StatusNotFound, "the merchant has no such eGC")
	case c.Status == StatusCancelled:
		return refusal(http.StatusBadRequest, "the eGC is cancelled")
	}
	c.Status, c.CurrentBalance, c.BalanceLastUpdated = StatusCancelled, "0.00", now
	return simulator.Answer{Status: http.StatusOK, Body: cardAnswerBody{EGC: egcAnswer(*c, now)}}
}

func (l *ledger) merchantsAnswer() simulator.Answer {
	var b merchantsBody
	b.Merchants.TransactionID = l.nextTransaction()
	b.Merchants.Merchant = make([]merchantBody, 0, len(l.merchants))
	for _, m := range l.merchants {
		b.Merchants.Merchant = append(b.Merchants.Merchant, merchantBody{m.Name, m.LegalName, m.MerchantCode})
	}
	return simulator.Answer{Status: http.StatusOK, Body: b}
}

// catalogAnswer lists the currencies in which a merchant issues cards. The inner shape of a real catalog is not known.
func (l *ledger) catalogAnswer(merchantCode string) simulator.Answer {
	m, ok := l.lookUp(merchantCode)
	if !ok {
		return noMerchant()
	}
	var b catalogBody
	if len(m.Currencies) > 0 {
		b.Catalog.MerchantCode = m.MerchantCode
	}
	for _, code := range m.Currencies {
		b.Catalog.Currency = append(b.Catalog.Currency, currencyEntity{code, fmt.Sprintf("%.2f", MaxBalance)})
	}
	return simulator.Answer{Status: http.StatusOK, Body: b}
}

func (l *ledger) faceplatesAnswer(merchantCode string) simulator.Answer {
	m, ok := l.lookUp(merchantCode)
	if !ok {
		return noMerchant()
	}
	var b faceplatesBody
	b.Faceplates.Faceplate = append([]Faceplate{}, m.Faceplates...)
	return simulator.Answer{Status: http.StatusOK, Body: b}
}

func (l *ledger) lookUp(merchantCode string) (Merchant, bool) {
	i, ok := l.merchant[merchantCode]
	if !ok {
		return Merchant{}, false
	}
	return l.merchants[i], true
}

func noMerchant() simulator.Answer {
	return refusal(http.StatusNotFound, "the account has no such merchant")
}

func (l *ledger) nextTransaction() string {
	l.answers++
	const first = 10_000_000
	return strconv.Itoa(first + l.answers)
}
