package activities

import (
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// challengeDescription is what CashStar asks the recipient for. The wording is that of CashStar's sample.
const challengeDescription = "your email address"

// createOrderRequest returns CashStar's request for one unit. Faults of the order are reported as InvalidRequest.
func createOrderRequest(in IssueCardInput) (cashstar.CreateOrderRequest, error) {
	value, err := giftcard.ParseMoney(in.Price, in.Currency)
	if err != nil {
		return cashstar.CreateOrderRequest{}, giftcard.Errorf(giftcard.InvalidRequest, "its value is invalid: %v", err)
	}
	if value.Hundredths <= 0 {
		return cashstar.CreateOrderRequest{}, giftcard.Errorf(giftcard.InvalidRequest,
			"its value is %s; a card needs a value above zero", value)
	}
	to := in.Recipient
	address, err := emailAddress(to.Email)
	if err != nil {
		return cashstar.CreateOrderRequest{}, err
	}
	scheduled, err := sendOn(to, in.At)
	if err != nil {
		return cashstar.CreateOrderRequest{}, err
	}
	return cashstar.CreateOrderRequest{
		AuditNumber:          in.AuditNumber,
		MerchantCode:         in.MerchantCode,
		InitialBalance:       value.Amount(),
		Currency:             value.Currency,
		Challenge:            address,
		ChallengeDescription: challengeDescription,
		Delivery: cashstar.Delivery{
			DeliveredBy: cashstar.DeliveredByCashStar,
			Method:      cashstar.MethodEmail,
			Target:      address,
			Scheduled:   scheduled,
		},
		Message: cashstar.Message{From: ownName(to.From), To: ownName(to.Name), Body: ownWords(to.Message)},
	}, nil
}

// plausibleYears and plausibleDays bound how far the day of delivery may be from the time when the order was judged, in
// either direction; the day allows for time zones. Shopify's form offers 90 days ahead. A day further away is a typing
// error or a year of another calendar: a card for 2569 never arrives, and one for 26 arrives at once, which may spoil a
// present.
const plausibleYears, plausibleDays = 1, 1

// maxOffset is the largest offset from UTC in use anywhere on Earth, in minutes.
const maxOffset = 14 * 60

// sendOn returns the start of the day of delivery if it lies in the future, else the zero time, which means at once. It
// refuses an implausible day. now is the time at which the order was judged, so that repeated requests for the same
// card are identical.
//
// Assumed: a buyer whose offset from UTC is unknown means a day in UTC. Shopify uses the shop's time zone in that case,
// which may differ by hours.
func sendOn(to giftcard.Recipient, now time.Time) (time.Time, error) {
	day := strings.TrimSpace(to.SendOn)
	if day == "" {
		return time.Time{}, nil
	}
	zone := time.UTC
	if behind, err := strconv.Atoi(strings.TrimSpace(to.Offset)); err == nil && -maxOffset <= behind && behind <= maxOffset {
		zone = time.FixedZone("", -behind*60)
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}, giftcard.Errorf(giftcard.InvalidRequest, "its delivery date is not a valid date (yyyy-mm-dd)")
	}
	switch ahead := t.After(now); {
	case now.IsZero():
		return t, nil // There is no time to compare it with.
	case ahead && t.After(now.AddDate(plausibleYears, 0, plausibleDays)):
		return time.Time{}, implausible(t, "in the future")
	case ahead:
		return t, nil
	case t.Before(now.AddDate(-plausibleYears, 0, -plausibleDays)):
		return time.Time{}, implausible(t, "in the past")
	}
	return time.Time{}, nil
}

// implausible returns the error for an implausible day. It quotes the day, which is a date and not personal data.
func implausible(day time.Time, where string) error {
	return giftcard.Errorf(giftcard.InvalidRequest, "its delivery date, %s, is more than a year %s, which cannot be intended",
		day.Format(time.DateOnly), where)
}

// resultOf returns the requested card, as far as the request describes it.
func resultOf(r cashstar.CreateOrderRequest) IssueCardResult {
	return IssueCardResult{AuditNumber: r.AuditNumber, Amount: r.InitialBalance, Currency: r.Currency}
}
