package activities

import (
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// challengeDescription is what CashStar asks the recipient for; the words are those of its sample.
const challengeDescription = "your email address"

// createOrderRequest makes CashStar's request of one unit. What is wrong with the order is InvalidRequest.
func createOrderRequest(in IssueCardInput) (cashstar.CreateOrderRequest, error) {
	value, err := giftcard.ParseMoney(in.Price, in.Currency)
	if err != nil {
		return cashstar.CreateOrderRequest{}, giftcard.Errorf(giftcard.InvalidRequest, "its value: %v", err)
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

// plausibleYears and plausibleDays bound how far a day of delivery may be from when the order was judged, to either side; the
// day allows for time zones. Shopify's form offers 90 days ahead. What lies further off is a slip of the finger or the year
// of another calendar: a card for 2569 never arrives, and one for 26 comes at once, which may spoil a present.
const plausibleYears, plausibleDays = 1, 1

// maxOffset is the largest distance from UTC that a place on Earth has, in minutes.
const maxOffset = 14 * 60

// sendOn returns the beginning of the day of delivery where that lies in the future, else the zero time: at once. A day
// that nobody can have meant is refused. The present is the moment that the order was judged by, so that the same card is
// asked for in the same words whenever it is asked for again.
//
// Assumed: a buyer whose distance from UTC is unknown means a day of UTC. Shopify takes the shop's zone then, which may
// differ by hours.
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
		return time.Time{}, giftcard.Errorf(giftcard.InvalidRequest, "its day of delivery is not a date (yyyy-mm-dd)")
	}
	switch ahead := t.After(now); {
	case now.IsZero():
		return t, nil // Nothing to judge it by.
	case ahead && t.After(now.AddDate(plausibleYears, 0, plausibleDays)):
		return time.Time{}, implausible(t, "ahead")
	case ahead:
		return t, nil
	case t.Before(now.AddDate(-plausibleYears, 0, -plausibleDays)):
		return time.Time{}, implausible(t, "back")
	}
	return time.Time{}, nil
}

// implausible quotes the day: it is a date, and tells nothing of anybody.
func implausible(day time.Time, where string) error {
	return giftcard.Errorf(giftcard.InvalidRequest, "its day of delivery, %s, lies more than a year %s; nobody can have meant that",
		day.Format(time.DateOnly), where)
}

// resultOf is the card that was asked for, as far as the request tells.
func resultOf(r cashstar.CreateOrderRequest) IssueCardResult {
	return IssueCardResult{AuditNumber: r.AuditNumber, Amount: r.InitialBalance, Currency: r.Currency}
}
