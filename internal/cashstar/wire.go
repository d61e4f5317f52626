package cashstar

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

type createOrderBody struct {
	Order struct {
		AuditNumber string  `json:"audit_number"`
		EGC         egcBody `json:"egc"`
	} `json:"order"`
}

type egcBody struct {
	MerchantCode         string       `json:"merchant_code"`
	InitialBalance       string       `json:"initial_balance"`
	Currency             string       `json:"currency"`
	Challenge            string       `json:"challenge"`
	ChallengeDescription string       `json:"challenge_description"`
	Delivery             deliveryBody `json:"delivery"`
	Message              *messageBody `json:"message,omitempty"`
	AdditionalContent    *contentBody `json:"additional_content,omitempty"`
}

type deliveryBody struct {
	DeliveredBy string `json:"delivered_by,omitempty"`
	Method      string `json:"method"`
	Target      string `json:"target"`
	Scheduled   string `json:"scheduled,omitempty"`
}

type messageBody struct {
	From string `json:"from"`
	To   string `json:"to"`
	Body string `json:"body"`
}

// contentText is the type of additional content in CashStar's sample, the only one that is known.
const contentText = "TEXT"

type contentBody struct {
	Type    string `json:"type"`
	Content string `json:"content"`
}

func (r CreateOrderRequest) wire() createOrderBody {
	var b createOrderBody
	b.Order.AuditNumber = r.AuditNumber
	b.Order.EGC = egcBody{
		MerchantCode:         r.MerchantCode,
		InitialBalance:       r.InitialBalance,
		Currency:             r.Currency,
		Challenge:            r.Challenge,
		ChallengeDescription: r.ChallengeDescription,
		Delivery: deliveryBody{
			DeliveredBy: r.Delivery.DeliveredBy,
			Method:      r.Delivery.Method,
			Target:      r.Delivery.Target,
		},
	}
	if !r.Delivery.Scheduled.IsZero() {
		b.Order.EGC.Delivery.Scheduled = r.Delivery.Scheduled.Format(time.RFC3339)
	}
	if r.Message != (Message{}) {
		m := messageBody(r.Message)
		b.Order.EGC.Message = &m
	}
	if r.AdditionalContent != "" {
		b.Order.EGC.AdditionalContent = &contentBody{Type: contentText, Content: r.AdditionalContent}
	}
	return b
}

type merchantsAnswer struct {
	errorAnswer
	Merchants *struct {
		Merchant oneOrMany[merchantEntity] `json:"merchant"`
	} `json:"merchants"`
}

type merchantEntity struct {
	Name         text `json:"name"`
	LegalName    text `json:"legal_name"`
	MerchantCode text `json:"merchant_code"`
}

type orderAnswer struct {
	errorAnswer
	Order *orderEntity `json:"order"`
}

type orderEntity struct {
	OrderNumber   text                 `json:"order_number"`
	OrderStatus   text                 `json:"order_status"`
	TransactionID text                 `json:"transaction_id"`
	AuditNumber   text                 `json:"audit_number"`
	EGC           oneOrMany[egcEntity] `json:"egc"`
}

func (o *orderEntity) order() *Order {
	return &Order{
		OrderNumber:   string(o.OrderNumber),
		OrderStatus:   string(o.OrderStatus),
		TransactionID: string(o.TransactionID),
		AuditNumber:   string(o.AuditNumber),
		Card:          *o.EGC[0].card(),
	}
}

type cardAnswer struct {
	errorAnswer
	EGC oneOrMany[egcEntity] `json:"egc"`
}

type egcEntity struct {
	EGCCode        text `json:"egc_code"`
	EGCNumber      text `json:"egc_number"`
	MerchantCode   text `json:"merchant_code"`
	InitialBalance text `json:"initial_balance"`
	CurrentBalance text `json:"current_balance"`
	Currency       text `json:"currency"`
	Active         text `json:"active"`
	Status         text `json:"status"`
}

func (e *egcEntity) card() *Card {
	return &Card{
		EGCCode:        string(e.EGCCode),
		MaskedNumber:   mask(string(e.EGCNumber)),
		MerchantCode:   string(e.MerchantCode),
		InitialBalance: string(e.InitialBalance),
		CurrentBalance: string(e.CurrentBalance),
		Currency:       string(e.Currency),
		Active:         e.Active == "true",
		Status:         string(e.Status),
	}
}

// mask hides all but the last four digits of a number, and every digit of a number shorter than eight. There are always
// twelve stars, so that they do not reveal the number's length.
func mask(number string) string {
	const stars, shown, least = "************", 4, 8
	switch r := []rune(number); {
	case len(r) == 0:
		return ""
	case len(r) < least:
		return stars
	default:
		return stars + string(r[len(r)-shown:])
	}
}

// text decodes a JSON string, number or boolean as text. Assumed: the published sample has strings for everything but
// "active", and a service that wrote one of them as a number would mean the same.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = text(s)
	case 'n':
		*t = ""
	case '{':
		return &json.UnmarshalTypeError{Value: "object", Type: reflect.TypeFor[text]()}
	case '[':
		return &json.UnmarshalTypeError{Value: "array", Type: reflect.TypeFor[text]()}
	default:
		*t = text(b)
	}
	return nil
}

// oneOrMany decodes a list, or a single element in place of a list of one. Assumed: services that translate XML write a
// list of one that way.
type oneOrMany[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *oneOrMany[T]) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		*l = nil
		return nil
	case strings.HasPrefix(string(b), "["):
		return json.Unmarshal(b, (*[]T)(l))
	}
	*l = make([]T, 1)
	return json.Unmarshal(b, &(*l)[0])
}
