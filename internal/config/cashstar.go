package config

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// CashStar is the account at the issuer. The base URL includes the version prefix.
type CashStar struct {
	BaseURL  string        `envconfig:"CASHSTAR_BASE_URL" required:"true"`
	Username string        `envconfig:"CASHSTAR_USERNAME" required:"true"`
	Password Secret        `envconfig:"CASHSTAR_PASSWORD" required:"true"`
	MaxRPS   float64       `envconfig:"CASHSTAR_MAX_RPS" default:"0"`
	Timeout  time.Duration `envconfig:"CASHSTAR_TIMEOUT" default:"30s"`
}

var cashStarSection = env.Section{
	Field: "CashStar", Heading: "CashStar",
	Prefixes: []string{"CASHSTAR_"},
	Variables: map[string]env.Reference{
		"CASHSTAR_BASE_URL": {
			Want: env.WantBaseURL,
			About: "The issuer's address with its version prefix. Production is `https://api.cashstar.com/v2/`, the test system " +
				"`https://api-semiprod.cashstar.com/v2/`. It has no default, so that production is an explicit choice.",
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

// userVariable is the variable in which people also put the password.
const userVariable = "CASHSTAR_USERNAME"

// maxTimeout is less than the time that one attempt to issue a card may take (workflows.MaxIssueTime).
const maxTimeout = 40 * time.Second

func (c CashStar) check(ps *env.Problems, n Network) {
	ps.BaseURL("CASHSTAR_BASE_URL", c.BaseURL, n.PlainHTTPHosts)
	ps.Secret("CASHSTAR_PASSWORD", c.Password)
	if strings.Contains(c.Username, ":") {
		ps.Add(userVariable, "contains a colon, which would end it when it is sent: need the user name alone, and the "+
			"password in CASHSTAR_PASSWORD")
	}
	if c.MaxRPS < 0 || math.IsNaN(c.MaxRPS) || math.IsInf(c.MaxRPS, 0) {
		ps.Bad("CASHSTAR_MAX_RPS", strconv.FormatFloat(c.MaxRPS, 'g', -1, 64))
	}
	if c.Timeout < time.Second || c.Timeout > maxTimeout {
		ps.Bad("CASHSTAR_TIMEOUT", c.Timeout.String())
	}
}
