package config

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Issue configures how cards are ordered from the issuer.
type Issue struct {
	MerchantCode string        `envconfig:"MERCHANT_CODE"`
	AuditPrefix  string        `envconfig:"AUDIT_PREFIX"`
	RetryBudget  time.Duration `envconfig:"RETRY_BUDGET" default:"1h"`
	// After is how long after its creation an order's cards are asked for at the earliest.
	After time.Duration `envconfig:"ISSUE_AFTER" default:"0s"`
	// AdditionalContent accompanies every card.
	AdditionalContent string `envconfig:"ADDITIONAL_CONTENT"`
	// Dedupes states that the issuer never creates a second card for a repeated audit number.
	Dedupes bool `envconfig:"ISSUER_DEDUPES" default:"true"`
	// DedupesStated reports whether ISSUER_DEDUPES is set. A new installation must set it explicitly; there the default
	// does not count.
	DedupesStated bool `ignored:"true"`
}

var issueSection = env.Section{
	Field: "Issue", Heading: "Issuing",
	Variables: map[string]env.Reference{
		"MERCHANT_CODE": {
			Want:  "at most 255 bytes without white space or slashes",
			About: "All orders go to this merchant, if the issuer lists it. Unset, the merchant is found from the customer.",
		},
		"AUDIT_PREFIX": {
			Want:  "at most 20 letters, digits and dashes",
			About: "Prefix of every audit number. Changing it changes every idempotency key: choose it once, before the first card.",
		},
		"RETRY_BUDGET": {
			Want:  "0 or a duration such as 1h, less than MAX_ORDER_AGE",
			About: "How long transient errors are retried before an order fails; 0 means one attempt.",
		},
		"ISSUE_AFTER": {
			Want: "0, or a duration of at most 24h, such as 15m",
			About: "How long after an order was placed its cards are requested at the earliest; 0 means at once. The order is then " +
				"read again. It keeps the wait with which it was taken in. Set it once every worker runs a release that knows it.",
		},
		"ADDITIONAL_CONTENT": {
			Want: "at most 500 visible characters on at most 5 lines, without white space around them",
			About: "A text that the issuer adds to every card, such as where cards are accepted. An order keeps the text with " +
				"which it was taken in. Set it once every worker runs a release that knows this variable.",
		},
		"ISSUER_DEDUPES": {
			Want: env.WantBool,
			About: "Whether the issuer never issues a second card for a repeated audit number. `true`: a request whose answer was " +
				"lost is repeated until the outcome is clear. `false`: it is never repeated; the order fails as " +
				"`OutcomeUnknown`, and an operator settles it with `giftbridge orders resolve`. Choose `false` unless the " +
				"issuer has confirmed this in writing. A new installation that issues cards at CashStar must set it; the first `giftbridge schedules` " +
				"records the choice.",
		},
	},
}

// dedupesVariable is the variable that an operator must state, although it has a default.
const dedupesVariable = "ISSUER_DEDUPES"

var (
	auditForm    = regexp.MustCompile(`^[A-Za-z0-9-]{0,20}$`)
	merchantForm = regexp.MustCompile(`^[^\s\x00-\x1f/]{0,255}$`)
)

func (i Issue) check(ps *env.Problems, maxOrderAge time.Duration) {
	if !merchantForm.MatchString(i.MerchantCode) || strings.ContainsFunc(i.MerchantCode, env.Hidden) {
		ps.Bad("MERCHANT_CODE", i.MerchantCode)
	}
	if !auditForm.MatchString(i.AuditPrefix) {
		ps.Bad("AUDIT_PREFIX", i.AuditPrefix)
	}
	if !fitsCard(i.AdditionalContent) {
		ps.Bad("ADDITIONAL_CONTENT", i.AdditionalContent)
	}
	if i.After < 0 || i.After > 24*time.Hour {
		ps.Bad("ISSUE_AFTER", i.After.String())
	}
	switch {
	case i.RetryBudget < 0:
		ps.Bad("RETRY_BUDGET", i.RetryBudget.String())
	case i.RetryBudget >= maxOrderAge:
		ps.Add("RETRY_BUDGET", "%q: need less than MAX_ORDER_AGE (%v)", i.RetryBudget, maxOrderAge)
	}
}

// The limits of the text that accompanies every card. An order's history holds it once for each card, as at most 3 kB of
// JSON.
const (
	maxContent      = 500
	maxContentLines = 5
)

// fitsCard reports whether a text may accompany a card. Whoever reads the setting sees all of it.
func fitsCard(text string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxContent &&
		strings.Count(text, "\n") < maxContentLines && !strings.Contains(text, "\t") &&
		text == strings.TrimSpace(text) && text == printable.Text(text)
}

// Recipient names the line-item properties in which the shop stores the recipient's details that the buyer entered.
type Recipient struct {
	EmailKey   string `envconfig:"RECIPIENT_EMAIL_KEY" default:"Recipient email" required:"true"`
	NameKey    string `envconfig:"RECIPIENT_NAME_KEY" default:"Recipient name" required:"true"`
	MessageKey string `envconfig:"RECIPIENT_MESSAGE_KEY" default:"Message" required:"true"`
	SendOnKey  string `envconfig:"RECIPIENT_SEND_ON_KEY" default:"Send on" required:"true"`
}

var recipientSection = env.Section{
	Field: "Recipient", Heading: "Recipient",
	Prefixes: []string{"RECIPIENT_"},
	Variables: map[string]env.Reference{
		"RECIPIENT_EMAIL_KEY": {Want: env.WantText, About: "Line-item property that holds the recipient's e-mail address."},
		"RECIPIENT_NAME_KEY":  {Want: env.WantText, About: "Line-item property that holds the recipient's name."},
		"RECIPIENT_MESSAGE_KEY": {
			Want:  env.WantText,
			About: "Line-item property that holds the message on the card.",
		},
		"RECIPIENT_SEND_ON_KEY": {
			Want:  env.WantText,
			About: "Line-item property that holds the day on which the card is sent.",
		},
	},
}

func (r Recipient) check(ps *env.Problems) {
	keys := []struct{ name, key string }{
		{"RECIPIENT_EMAIL_KEY", r.EmailKey},
		{"RECIPIENT_NAME_KEY", r.NameKey},
		{"RECIPIENT_MESSAGE_KEY", r.MessageKey},
		{"RECIPIENT_SEND_ON_KEY", r.SendOnKey},
	}
	for i, k := range keys {
		for _, other := range keys[:i] {
			if k.key != "" && k.key == other.key {
				ps.Add(k.name, "%s: need a different property from %s", env.Show(k.key), other.name)
			}
		}
	}
}
