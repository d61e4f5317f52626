// Package cashstar is the section of the configuration for the account at CashStar, which issues gift cards at once.
package cashstar

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// CashStar is the account at the issuer that issues cards at once. It is used if GIFT_CARD_SKUS has an entry. The base URL
// includes the version prefix.
type CashStar struct {
	BaseURL  string        `envconfig:"CASHSTAR_BASE_URL"`
	Username string        `envconfig:"CASHSTAR_USERNAME"`
	Password env.Secret    `envconfig:"CASHSTAR_PASSWORD"`
	MaxRPS   float64       `envconfig:"CASHSTAR_MAX_RPS" default:"0"`
	Timeout  time.Duration `envconfig:"CASHSTAR_TIMEOUT" default:"30s"`
}

// Section describes the variables.
var Section = env.Section{
	Field: "CashStar", Heading: "CashStar",
	Prefixes: []string{"CASHSTAR_"},
	Variables: map[string]env.Reference{
		"CASHSTAR_BASE_URL": {
			Want: env.WantBaseURL,
			About: "The issuer's address with its version prefix. Production is `https://api.cashstar.com/v2/`, the test system " +
				"`https://api-semiprod.cashstar.com/v2/`. It has no default, so that production is an explicit choice. Required if " +
				"`GIFT_CARD_SKUS` is set, as are the user and the password.",
		},
		"CASHSTAR_USERNAME": {Want: "the name of the account's user", About: "User name of the account at the issuer."},
		"CASHSTAR_PASSWORD": {Want: "the password of CASHSTAR_USERNAME", About: "Password of that user."},
		"CASHSTAR_MAX_RPS": {
			Want:  "a number of requests per second, 0 for no limit",
			About: "Maximum number of card orders per second, for all workers together.",
		},
		"CASHSTAR_TIMEOUT": {
			Want:  "a duration from 1s to 40s",
			About: "Time-out of one request to the issuer.",
		},
	},
}

// UserVariable is the variable in which people also put the password.
const UserVariable = "CASHSTAR_USERNAME"

// maxTimeout is less than the time that one attempt to issue a card may take (workflows.MaxIssueTime).
const maxTimeout = 40 * time.Second

// Check checks the values, and requires the account if it is used. plain are the hosts at which plain HTTP may be spoken.
func (c CashStar) Check(ps *env.Problems, plain env.List, used bool) {
	for _, v := range []struct {
		name string
		set  bool
	}{
		{"CASHSTAR_BASE_URL", c.BaseURL != ""},
		{UserVariable, c.Username != ""},
		{"CASHSTAR_PASSWORD", c.Password.IsSet()},
	} {
		if used && !v.set {
			ps.Add(v.name, "is not set: need %s", ps.Want(v.name))
		}
	}
	ps.BaseURL("CASHSTAR_BASE_URL", c.BaseURL, plain)
	ps.Secret("CASHSTAR_PASSWORD", c.Password)
	if strings.Contains(c.Username, ":") {
		ps.Add(UserVariable, "contains a colon, which would end it when it is sent: need the user name alone, and the "+
			"password in CASHSTAR_PASSWORD")
	}
	if c.MaxRPS < 0 || math.IsNaN(c.MaxRPS) || math.IsInf(c.MaxRPS, 0) {
		ps.Bad("CASHSTAR_MAX_RPS", strconv.FormatFloat(c.MaxRPS, 'g', -1, 64))
	}
	if c.Timeout < time.Second || c.Timeout > maxTimeout {
		ps.Bad("CASHSTAR_TIMEOUT", c.Timeout.String())
	}
}
