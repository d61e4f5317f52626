package doctor_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/messages"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
)

const sonarToken = "sonar-token-of-the-shop"

// telling configures an account at a simulated Sonar.
func telling(t *testing.T, c *config.Config) *sonartest.Server {
	t.Helper()
	sim := sonartest.New(sonartest.Options{Token: sonarToken})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	c.Sonar = config.Default().Sonar
	c.Sonar.Token, c.Sonar.URL = config.NewSecret(sonarToken), server.URL
	c.Messages = config.Default().Messages
	c.Messages.ShopName, c.Messages.ShopURL = "Example Shop", "https://shop.example.com"
	c.Receiver.URL = "https://hooks.invalid"
	return sim
}

// The account is examined by a request that sends nothing, and the texts as a worker reads them.
func TestMessages(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change    func(*config.Config)
		refuses   string
		check     string
		status    check.Status
		says, fix string
	}{
		"healthy": {check: messages.Account, status: check.OK, says: "token accepted by 127.0.0.1:"},
		"a wrong token": {
			change: func(c *config.Config) { c.Sonar.Token = config.NewSecret("another-token") },
			check:  messages.Account, status: check.Fail, says: "token refused", fix: "SONAR_TOKEN",
		},
		"no subscription": {
			refuses: "No Active Subscription",
			check:   messages.Account, status: check.Fail, says: "the account may not send", fix: "at Sonar",
		},
		"nobody there": {
			change: func(c *config.Config) { c.Sonar.URL = "http://127.0.0.1:1" },
			check:  messages.Account, status: check.Fail, says: "no answer", fix: "SONAR_URL",
		},
		"the built-in texts": {
			check: messages.Texts, status: check.OK, says: "receipt, shipment, update; texts: those of giftbridge; time zone: UTC",
		},
		"no folder": {
			change: func(c *config.Config) { c.Messages.Templates = "/nonexistent" },
			check:  messages.Texts, status: check.Fail, says: "/nonexistent", fix: "docs/messages.md",
		},
		"no time zone": {
			change: func(c *config.Config) { c.Messages.TimeZone = "Mars/Olympus" },
			check:  messages.Texts, status: check.Fail, says: "MESSAGES_TIMEZONE", fix: "correct",
		},
		"no receiver": {
			change: func(c *config.Config) { c.Receiver.URL = "" },
			check:  messages.Texts, status: check.Warn, says: "RECEIVER_URL is not set", fix: "the receiver",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sim *sonartest.Server
			r := examined(t, func(p *patient) {
				p.Timeout = 10 * time.Second
				sim = telling(t, &p.Config)
				require.NoError(t, sim.Refuse(tt.refuses))
				if tt.change != nil {
					tt.change(&p.Config)
				}
			})
			c := checkOf(t, r, tt.check)
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			require.Contains(t, c.Fix, tt.fix)
			require.NotContains(t, c.Found+c.Fix, sonarToken)
			require.Empty(t, sim.Deliveries(), "nothing is sent")
		})
	}
}

func TestNoMessages(t *testing.T) {
	t.Parallel()
	for _, c := range examined(t, nil).Checks {
		require.NotContains(t, []string{messages.Account, messages.Texts}, c.Name)
	}
}
