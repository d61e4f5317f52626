package cards

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
)

// redeemed is what checkouts have taken off a card, in short.
type redeemed struct {
	// Kept is the number of redemptions on record, Pending how many of them are under way, and Unknown of how many it is
	// unknown whether the amount was moved.
	Kept    int `json:"kept"`
	Pending int `json:"pending,omitempty"`
	Unknown int `json:"unknown,omitempty"`
	// Held is what open redemptions hold of the balance, a decimal in the currency of the card.
	Held string `json:"held,omitempty"`
	// Unread says why the redemptions cannot be read; the other fields are empty then.
	Unread string `json:"unread,omitempty"`

	held giftcard.Money
}

// redeemed returns the redemptions of a card in short; nil without the key that finds them.
func (l looker) redeemed(ctx context.Context, issuerName string, code issuer.Code, currency string) (*redeemed, error) {
	if !l.Redemptions.CanFind() {
		return nil, nil
	}
	all, err := l.Redemptions.OfCard(ctx, issuerName, code)
	if _, unanswered := errors.AsType[*redemptions.UnansweredError](err); unanswered {
		return &redeemed{Unread: "no worker answers"}, nil
	}
	if err != nil {
		return nil, err
	}
	return inShort(all, currency), nil
}

func inShort(all []redemptions.Found, currency string) *redeemed {
	out := &redeemed{Kept: len(all), held: redemptions.Held(all, currency)}
	if out.held.Hundredths > 0 {
		out.Held = out.held.Amount()
	}
	for _, f := range all {
		doubt, _ := f.Doubt()
		switch {
		case doubt != redemptions.None:
			out.Unknown++
		case f.State == redemption.Accepted, f.Reversal != nil && f.Reversal.State == redemption.Accepted:
			out.Pending++
		}
	}
	return out
}

// says says it in a few words; nothing if there are none, or if it is not known.
func (r *redeemed) says() string {
	switch {
	case r == nil:
		return ""
	case r.Unread != "":
		return r.Unread
	case r.Kept == 0:
		return ""
	}
	parts := []string{fmt.Sprint(r.Kept)}
	if r.Unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d unknown", r.Unknown))
	}
	if r.Pending > 0 {
		parts = append(parts, fmt.Sprintf("%d under way", r.Pending))
	}
	return strings.Join(parts, ", ")
}

// available returns what of the balance checkouts can take now, a decimal in the currency of the card; empty if that is not
// known.
func (s shown) available() string {
	if s.Redemptions == nil || s.Redemptions.Unread != "" {
		return ""
	}
	balance, err := giftcard.ParseMoney(s.CurrentBalance, s.Currency)
	if err != nil {
		return ""
	}
	balance.Hundredths = max(balance.Hundredths-s.Redemptions.held.Hundredths, 0)
	return balance.Amount()
}
