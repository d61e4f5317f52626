package besides

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Untold explains messages of which the shop decides, and Unsendable those for which the operator removes a cause first.
var (
	Untold = digest.Explanation{
		Who: digest.Shop, Title: "Customers who were not told about their orders",
		Says: "These messages did not reach the customer's phone, or may not have. A number that the service refuses is refused again. " +
			"Decide for each whether the customer should hear from you in another way, and then settle it.",
	}
	Unsendable = digest.Explanation{
		Who: digest.Operator, Title: "Messages to customers could not be sent",
		Says: "The service that sends texts, the account there, or Shopify could not be used for so long that giftbridge gave up on " +
			"these messages. Remove the cause, send again what is still worth it, and settle the others.",
	}
)

// decided are the kinds of failure that nobody can remove, with what they mean to a shop.
var decided = map[giftcard.Kind]string{
	"MessageRefused": "the service that sends texts refused it",
	"MessageInDoubt": "it is not known whether it arrived, and a second one was not sent",
	"MessageExpired": "it could not be sent while it was worth sending",
}

// removable are the kinds of failure that an operator can remove.
var removable = map[giftcard.Kind]string{
	"MessagesUnavailable": "the service that sends texts, or the account there, could not be used",
	"MessagesOff":         "a worker has no account at the service that sends texts",
}

// ExplainUnsent returns the explanation of a message that could not be sent.
func ExplainUnsent(m digest.UnsentMessage) digest.Explanation {
	if decided[m.Kind] != "" {
		return Untold
	}
	return Unsendable
}

// WhyUnsent says in words why a message could not be sent.
func WhyUnsent(m digest.UnsentMessage) string {
	switch says := decided[m.Kind] + removable[m.Kind]; {
	case says != "":
		return says
	case m.About == "":
		return "the order could not be read in Shopify"
	}
	return "an unforeseen failure (" + string(m.Kind) + ")"
}

// WhatUnsent says what a message would have been about.
func WhatUnsent(m digest.UnsentMessage) string {
	if m.About == "" {
		return "Not known"
	}
	return strings.ToUpper(m.About[:1]) + strings.ReplaceAll(m.About[1:], "-", " ")
}

// ShowUnsentCommand returns the command that shows what is known of a message and of its order, ResendUnsentCommand the one that sends
// it, and SettleUnsentCommand the one that records that nothing is left to do. Their reader replaces WHY. They are empty if the order
// cannot be named; notices about products cannot be sent again.
func ShowUnsentCommand(m digest.UnsentMessage) string { return unsentCommand("show", m, "") }

// ResendUnsentCommand is described at [ShowUnsentCommand].
func ResendUnsentCommand(m digest.UnsentMessage) string {
	if m.Variant != "" || m.Product != "" {
		return ""
	}
	return unsentCommand("resend", m, "--reason WHY")
}

// SettleUnsentCommand is described at [ShowUnsentCommand].
func SettleUnsentCommand(m digest.UnsentMessage) string {
	return unsentCommand("settle", m, "--note WHY")
}

// maxKey is the number of characters of a key that a command repeats.
const maxKey = 8

func unsentCommand(does string, m digest.UnsentMessage, rest string) string {
	about, key := digest.Argument(m.Name, m.OrderID), m.Key[:min(len(m.Key), maxKey)]
	if variant := digest.Argument("", m.Variant); variant != "" {
		about = "--variant " + variant
	}
	if product := digest.Argument("", m.Product); product != "" {
		about = "--product " + product
	}
	if about == "" || key == "" || strings.Trim(key, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	command := buildinfo.Program + " messages " + does + " " + about
	if rest != "" {
		command += " --key " + key + " " + rest
	}
	return command
}
