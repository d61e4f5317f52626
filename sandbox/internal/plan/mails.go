package plan

import (
	"slices"

	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// What befalls mails that bring cards made later to their recipients. Each is counted by the orders that it befalls.
const (
	// MailUnanswered is a mail that the mail server has accepted, and of which it drops the answer.
	MailUnanswered What = "mail_unanswered"
	// MailRefused is a mail of which the mail server refuses the address, although the address is right.
	MailRefused What = "mail_address_refused"
)

// MailTroubles lists both.
var MailTroubles = []What{MailUnanswered, MailRefused}

// MailTrouble is a trouble that befalls one mail.
type MailTrouble struct {
	What What `json:"what"`
	// Order is the shop's ID of the order.
	Order int64 `json:"order"`
	// Address is where the mail goes.
	Address string `json:"address"`
}

// every is how often an order with cards made later has a mail that trouble befalls.
const every = 2

// TroubledMails returns what befalls mails of the plan: each trouble befalls every fourth order with cards made later.
func (p Plan) TroubledMails() []MailTrouble {
	var troubles []MailTrouble
	n := 0
	for _, o := range p.Orders {
		if !slices.Contains(scenario.LaterKinds(), o.Kind) {
			continue
		}
		if n%every == 0 {
			troubles = append(troubles, MailTrouble{
				What: MailTroubles[n/every%len(MailTroubles)], Order: o.Order.ID, Address: o.Order.Email,
			})
		}
		n++
	}
	return troubles
}
