package mailing

import (
	"cmp"
	netmail "net/mail"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Delivery configures the mails with which cards reach their recipients, if their issuer does not send them.
type Delivery struct {
	// From is empty for the sender of the digest; see [Delivery.Sender].
	From    string `envconfig:"DELIVERY_FROM"`
	ReplyTo string `envconfig:"DELIVERY_REPLY_TO"`
	// Templates is a folder with templates; empty for the built-in ones.
	Templates string `envconfig:"DELIVERY_TEMPLATES"`
}

var deliverySection = env.Section{
	Field: "Delivery", Heading: "Delivery of cards",
	Prefixes: []string{"DELIVERY_"},
	Variables: map[string]env.Reference{
		"DELIVERY_FROM": {
			Want: wantSender,
			About: "Sender of the mails with which cards reach their recipients, if their issuer does not send them. The mails show " +
				"its name as that of the shop. Unset, it is `DIGEST_FROM`.",
		},
		"DELIVERY_REPLY_TO": {
			Want: wantSender, About: "Address to which recipients of cards reply. Unset, it is the sender.",
		},
		"DELIVERY_TEMPLATES": {
			Want: "a folder",
			About: "Folder with templates of your own for these mails, `subject.txt.tmpl`, `card.txt.tmpl` and `card.html.tmpl`; " +
				"those that it does not have are the built-in ones. The worker tries them when it starts.",
		},
	},
}

const wantSender = "an e-mail address, with or without a name: Example Shop <cards@example.com>"

// Check checks the form of the values. It shows no mail address, because these are personal data.
func (d Delivery) Check(ps *env.Problems) {
	for _, v := range []struct{ name, value string }{{"DELIVERY_FROM", d.From}, {"DELIVERY_REPLY_TO", d.ReplyTo}} {
		if v.value != "" && !env.IsAddress(v.value) {
			ps.Add(v.name, "need %s", ps.Want(v.name))
		}
	}
}

// Needs requires what cards cannot be mailed without. because says why they are mailed.
func (d Delivery) Needs(ps *env.Problems, smtp SMTP, because string) {
	if !smtp.Enabled() {
		ps.Add("SMTP_HOST", "is not set: need %s, because %s", ps.Want("SMTP_HOST"), because)
	}
}

// Sender returns the sender of the mails, and the name that it shows; the name is empty if there is none.
func (d Delivery) Sender(digest Digest) (address, name string) {
	address = cmp.Or(d.From, digest.From)
	if a, err := netmail.ParseAddress(address); err == nil {
		name = a.Name
	}
	return address, name
}
