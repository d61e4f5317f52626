package config

import "github.com/giftbridge/giftbridge/internal/config/env"

// Receiver configures the process that takes HTTP requests from outside, and how it is reached.
type Receiver struct {
	// URL is how the receiver is reached from outside.
	URL string `envconfig:"RECEIVER_URL"`
}

var receiverSection = env.Section{
	Field: "Receiver", Heading: "Receiver",
	Prefixes: []string{"RECEIVER_"},
	Variables: map[string]env.Reference{
		"RECEIVER_URL": {
			Want:  env.WantBaseURL,
			About: "How the receiver is reached from outside.",
		},
	},
}

func (r Receiver) check(ps *env.Problems, n Network) { ps.BaseURL("RECEIVER_URL", r.URL, n.PlainHTTPHosts) }
