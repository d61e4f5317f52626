package activities

import (
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// cardRequest returns the request for one unit. Faults of the order are reported as InvalidRequest.
func cardRequest(in IssueCardInput) (issuer.Request, error) {
	value, err := giftcard.ParseMoney(in.Price, in.Currency)
	if err != nil {
		return issuer.Request{}, giftcard.Errorf(giftcard.InvalidRequest, "its value is invalid: %v", err)
	}
	if value.Hundredths <= 0 {
		return issuer.Request{}, giftcard.Errorf(giftcard.InvalidRequest,
			"its value is %s; a card needs a value above zero", value)
	}
	to := in.Recipient
	address, err := intake.Address(to.Email)
	if err != nil {
		return issuer.Request{}, err
	}
	sendOn, err := intake.SendOn(to, in.At)
	if err != nil {
		return issuer.Request{}, err
	}
	return issuer.Request{
		Key: in.AuditNumber, Account: in.MerchantCode, Value: value, SendOn: sendOn,
		To: issuer.Recipient{Email: address, Name: to.Name, From: to.From, Message: to.Message},

		AdditionalContent: in.AdditionalContent,
	}, nil
}

// resultOf returns the requested card, as far as the request describes it.
func resultOf(r issuer.Request) IssueCardResult {
	return IssueCardResult{AuditNumber: r.Key, Amount: r.Value.Amount(), Currency: r.Value.Currency}
}
