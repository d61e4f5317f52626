package workflows

import (
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Fix is a person's correction of cards of an order. It travels with the input of the order, so that every later run of
// the order has it, whoever starts that run.
type Fix struct {
	// AuditNumbers are the audit numbers of the corrected cards. They do not depend on what is corrected.
	AuditNumbers []string `json:"audit_numbers"`
	// Email and Message replace the recipient's address and the greeting; empty means that they stay as they are.
	Email   string `json:"email,omitempty"`
	Message string `json:"message,omitempty"`
	// SendOn replaces the day of delivery: yyyy-mm-dd, or [SendNow]; empty means that it stays as it is.
	SendOn string `json:"send_on,omitempty"`
	// By, At and Note are for the record.
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	Note string    `json:"note"`
}

// SendNow is the day of delivery of a card that is sent at once.
const SendNow = "now"

// Apply returns the corrected recipient. A greeting of a buyer who wrote none is the buyer's.
func (f Fix) Apply(to giftcard.Recipient, buyer giftcard.Customer) giftcard.Recipient {
	if f.Email != "" {
		to.Email = f.Email
	}
	if f.Message != "" {
		to.Message = f.Message
		if to.From == "" {
			to.From = buyer.DisplayName
		}
	}
	switch f.SendOn {
	case "":
	case SendNow:
		to.SendOn = ""
	default:
		to.SendOn = f.SendOn
	}
	return to
}

// Changes names what the correction changes.
func (f Fix) Changes() (out []string) {
	if f.Email != "" {
		out = append(out, "address")
	}
	if f.Message != "" {
		out = append(out, "message")
	}
	if f.SendOn != "" {
		out = append(out, "day of delivery")
	}
	return out
}

// fixed returns the units with the corrections that people have made, in the order in which they made them.
func (in GiftCardOrderInput) fixed(units []giftcard.Unit) []giftcard.Unit {
	for _, f := range in.Fixes {
		for i, u := range units {
			if slices.Contains(f.AuditNumbers, u.AuditNumber) {
				units[i].Line.Recipient = f.Apply(u.Line.Recipient, in.Order.Customer)
			}
		}
	}
	return units
}

// isFixed reports whether a person has corrected the card with an audit number.
func (in GiftCardOrderInput) isFixed(auditNumber string) bool {
	return slices.ContainsFunc(in.Fixes, func(f Fix) bool { return slices.Contains(f.AuditNumbers, auditNumber) })
}
