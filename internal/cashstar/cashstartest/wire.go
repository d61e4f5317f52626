package cashstartest

import (
	"cmp"
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// orderBody is the body of an order as a client may send it.
type orderBody struct {
	Order struct {
		AuditNumber string `json:"audit_number"`
		EGC         struct {
			MerchantCode         string `json:"merchant_code"`
			InitialBalance       string `json:"initial_balance"`
			Currency             string `json:"currency"`
			Challenge            string `json:"challenge"`
			ChallengeDescription string `json:"challenge_description"`
			Delivery             struct {
				DeliveredBy string `json:"delivered_by"`
				Method      string `json:"method"`
				Target      string `json:"target"`
				Scheduled   string `json:"scheduled"`
			} `json:"delivery"`
			Message           Message            `json:"message"`
			AdditionalContent *additionalContent `json:"additional_content"`
		} `json:"egc"`
	} `json:"order"`
}

// MaxBalance is the maximum balance of a card, in the merchant's currency.
const MaxBalance = 2000.00

var (
	amount   = regexp.MustCompile(`^(0|[1-9][0-9]*)\.[0-9]{2}$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
)

// parseOrder parses an order. It returns all problems that can be found without the ledger.
func parseOrder(body []byte) (Card, []string) {
	var b orderBody
	if err := simulator.StrictJSON(body, &b); err != nil {
		return Card{}, []string{"the body is not an order: " + err.Error()}
	}
	egc := b.Order.EGC
	card := Card{
		AuditNumber: b.Order.AuditNumber, MerchantCode: egc.MerchantCode, InitialBalance: egc.InitialBalance,
		Currency: egc.Currency, Challenge: egc.Challenge, ChallengeDescription: egc.ChallengeDescription,
		DeliveredBy: egc.Delivery.DeliveredBy, Method: egc.Delivery.Method, Target: egc.Delivery.Target,
		Message: egc.Message,
	}
	if card.DeliveredBy == "" {
		card.DeliveredBy = "CASHSTAR"
	}
	if egc.AdditionalContent != nil {
		card.AdditionalContent = egc.AdditionalContent.Content
	}
	var problems []string
	refuse := func(bad bool, problem string) {
		if bad {
			problems = append(problems, problem)
		}
	}
	refuse(card.AuditNumber == "", "audit_number is required")
	refuse(card.MerchantCode == "", "merchant_code is required")
	balance, err := strconv.ParseFloat(card.InitialBalance, 64)
	refuse(!amount.MatchString(card.InitialBalance) || err != nil || balance <= 0 || balance > MaxBalance,
		fmt.Sprintf("initial_balance must have two decimals, be above 0.00 and at most %.2f", MaxBalance))
	refuse(!currency.MatchString(card.Currency), "currency must be an ISO 4217 code")
	refuse(card.Challenge == "", "challenge is required")
	refuse(card.DeliveredBy != "CASHSTAR" && card.DeliveredBy != "CLIENT", "delivered_by must be CASHSTAR or CLIENT")
	refuse(card.Method != "EMAIL", "method must be EMAIL")
	refuse(!isEmail(card.Target), "target must be an e-mail address")
	refuse(egc.AdditionalContent != nil && (egc.AdditionalContent.Type != contentText || card.AdditionalContent == ""),
		"additional_content must have the type TEXT and a content")
	if egc.Delivery.Scheduled != "" {
		t, err := time.Parse(time.RFC3339, egc.Delivery.Scheduled)
		refuse(err != nil, "scheduled must be an ISO 8601 time with an offset")
		card.Scheduled = t
	}
	return card, problems
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && strings.Contains(s[strings.LastIndex(s, "@"):], ".")
}

type merchantsBody struct {
	Merchants struct {
		TransactionID string         `json:"transaction_id"`
		Merchant      []merchantBody `json:"merchant"`
	} `json:"merchants"`
}

type merchantBody struct {
	Name         string `json:"name"`
	LegalName    string `json:"legal_name"`
	MerchantCode string `json:"merchant_code"`
}

type orderAnswerBody struct {
	Order orderEntity `json:"order"`
}

type orderEntity struct {
	OrderNumber   string    `json:"order_number"`
	OrderStatus   string    `json:"order_status"`
	TransactionID string    `json:"transaction_id"`
	AuditNumber   string    `json:"audit_number"`
	EGC           egcEntity `json:"egc"`
}

type cardAnswerBody struct {
	EGC egcEntity `json:"egc"`
}

type egcEntity struct {
	EGCCode              string            `json:"egc_code"`
	EGCNumber            string            `json:"egc_number"`
	AccessCode           string            `json:"access_code"`
	MerchantCode         string            `json:"merchant_code"`
	InitialBalance       string            `json:"initial_balance"`
	CurrentBalance       string            `json:"current_balance"`
	BalanceLastUpdated   string            `json:"balance_last_updated"`
	Currency             string            `json:"currency"`
	Active               bool              `json:"active"`
	Status               string            `json:"status"`
	URL                  string            `json:"url"`
	Challenge            string            `json:"challenge"`
	ChallengeDescription string            `json:"challenge_description"`
	Delivery             deliveryEntity    `json:"delivery"`
	Message              Message           `json:"message"`
	AdditionalContent    additionalContent `json:"additional_content"`
}

type deliveryEntity struct {
	Method    string `json:"method"`
	Target    string `json:"target"`
	Scheduled string `json:"scheduled"`
	Delivered string `json:"delivered,omitempty"`
}

const (
	contentText = "TEXT"
	// ownContent is returned for an order without additional content.
	ownContent = "Enjoy your gift."
)

type additionalContent struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

type errorBody struct {
	Error string `json:"error"`
}

type errorsBody struct {
	Errors []messageOfError `json:"errors"`
}

type messageOfError struct {
	Message string `json:"message"`
}

func orderAnswer(c Card, now time.Time) orderAnswerBody {
	return orderAnswerBody{orderEntity{
		OrderNumber:   c.OrderNumber,
		OrderStatus:   "ACTIVE",
		TransactionID: c.TransactionID,
		AuditNumber:   c.AuditNumber,
		EGC:           egcAnswer(c, now),
	}}
}

func egcAnswer(c Card, now time.Time) egcEntity {
	scheduled := c.Scheduled
	if scheduled.IsZero() {
		scheduled = c.Created
	}
	delivery := deliveryEntity{Method: c.Method, Target: c.Target, Scheduled: scheduled.Format(time.RFC3339)}
	delivered := scheduled
	if delivered.Before(c.Created) {
		delivered = c.Created
	}
	if c.DeliveredBy == "CASHSTAR" && !delivered.After(now) {
		delivery.Delivered = delivered.Format(time.RFC3339)
	}
	return egcEntity{
		EGCCode: c.EGCCode, EGCNumber: c.EGCNumber, AccessCode: c.AccessCode, MerchantCode: c.MerchantCode,
		InitialBalance: c.InitialBalance, CurrentBalance: c.CurrentBalance,
		BalanceLastUpdated: c.BalanceLastUpdated.Format(time.RFC3339), Currency: c.Currency,
		Active: c.Status == StatusActive, Status: c.Status, URL: c.URL,
		Challenge: c.Challenge, ChallengeDescription: c.ChallengeDescription,
		Delivery:          delivery,
		Message:           c.Message,
		AdditionalContent: additionalContent{Type: contentText, Content: cmp.Or(c.AdditionalContent, ownContent)},
	}
}

type catalogBody struct {
	Catalog struct {
		MerchantCode string           `json:"merchant_code"`
		Currency     []currencyEntity `json:"currency"`
	} `json:"catalog"`
}

type currencyEntity struct {
	Code    string `json:"code"`
	Maximum string `json:"maximum"`
}

type faceplatesBody struct {
	Faceplates struct {
		Faceplate []Faceplate `json:"faceplate"`
	} `json:"faceplates"`
}
