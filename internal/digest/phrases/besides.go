package phrases

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// Redemption returns what is known of a redemption.
func (t Times) Redemption(r digest.Redemption) string {
	says := words.Amount(r.Amount, r.Currency)
	if order := words.Name(r.Order); order != "" {
		says += " for order " + order
	}
	if r.Back {
		says += ", to be given back"
	}
	says += "; since " + t.Moment(r.Since)
	if r.BelowZero != "" {
		says += "; the card was below zero, at " + words.Amount(r.BelowZero, r.Currency)
	}
	if name := words.Name(r.BoughtWith); name != "" {
		says += "; the card was bought with order " + name
		if r.Unit > 0 {
			says += fmt.Sprintf(", card %d", r.Unit)
		}
	}
	return says
}

// Unsent says what a message to a customer was about, and why it could not be sent.
func (t Times) Unsent(m digest.UnsentMessage) string {
	return words.Name(besides.WhatUnsent(m)) + ", given up " + t.Moment(m.At) + ": " + words.Message(besides.WhyUnsent(m)) + "."
}

// Gap says what became of the orders that no notice has announced.
func (t Times) Gap(r digest.Repaired) string {
	switch {
	case !r.Gap.To.IsZero():
		return "That was on " + t.Moment(r.At) + ". The orders that were placed or changed from " + t.Moment(r.Gap.From) +
			" until " + t.Moment(r.Gap.To) + " were looked for again: none is lost, but some cards may have come late."
	case r.Held:
		return "That was on " + t.Moment(r.At) + ". The orders that were placed or changed since " + t.Moment(r.Gap.From) +
			" are looked for again once the pause ends."
	}
	return "That was on " + t.Moment(r.At) + ". The orders that were placed or changed since " + t.Moment(r.Gap.From) +
		" have not been looked for again yet; giftbridge goes on trying."
}

// Later says which orders get their cards later, or returns the empty string if none do.
func (t Times) Later(l *digest.Later) string {
	if l == nil {
		return ""
	}
	n := l.Orders
	out := words.Count(n, "order")
	if l.More {
		out = "At least " + out
	}
	return out + words.Plural(n, " gets its cards", " get their cards") + " later, " + words.Plural(n, "on ", "the last one on ") +
		t.Moment(l.Until) + ": giftbridge gives Shopify the time to judge them first. Nobody has to act."
}
