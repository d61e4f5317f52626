// Package messages examines what messages to customers need: the account at Sonar, the texts, and the settings. It sends none.
package messages

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/sonar"
)

// The names of the checks. They must not change, because monitors read them.
const (
	Account = "sonar"
	Texts   = "messages"
)

// Messages is the examination of messages.
type Messages struct {
	cfg config.Config
	why func(context.Context, error) string
}

// New returns the examination of messages as they are configured. why describes an error on one line.
func New(cfg config.Config, why func(context.Context, error) string) *Messages {
	return &Messages{cfg, why}
}

// Exams returns the checks of messages; none if no message is sent.
func (m *Messages) Exams() []exam.Exam {
	if !m.cfg.Sonar.On() {
		return nil
	}
	return []exam.Exam{
		{Name: Account, Reads: []string{"SONAR_", "PLAIN_HTTP_HOSTS"}, Do: m.account},
		{Name: Texts, Reads: []string{"MESSAGES", "MESSAGES_", "RECEIVER_URL", "SHOPIFY_WEBHOOKS"}, Do: m.texts},
	}
}

const (
	cureToken = "set SONAR_TOKEN to the account's secret token, and check that SONAR_URL is the system that the account is in " +
		"(production or sandbox)"
	cureURL = "set SONAR_URL to the address of Sonar's API, such as https://www.sendsonar.com, and allow outbound connections to it " +
		"from this machine"
)

// account checks the token by a request that sends nothing.
func (m *Messages) account(ctx context.Context) check.Check {
	client, err := telling.NewClient(m.cfg.Sonar, app.Transport(), nil)
	if err != nil {
		return exam.Fail(m.why(ctx, err), "set the SONAR_* variables as described in docs/configuration.md")
	}
	err = client.Probe(ctx)
	if err == nil {
		host := m.cfg.Sonar.URL
		if u, err := url.Parse(host); err == nil {
			host = u.Host
		}
		return exam.OK("token accepted by %s", host)
	}
	found, status := m.why(ctx, err), rest.StatusOf(err)
	switch reason := sonar.ReasonOf(err); {
	case reason == sonar.BadToken, reason == "" && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		return exam.Fail("token refused: "+found, cureToken)
	case slices.Contains(sonar.OfAccount, reason):
		return exam.Fail("the account may not send: "+found, "put it right in the account at Sonar, or ask Sonar")
	case status == 0, status == http.StatusNotFound, status < http.StatusBadRequest:
		return exam.Fail(found, cureURL)
	}
	return exam.Fail(found, "try again later; if it still fails, ask Sonar and give the time of this request")
}

// texts reads the texts and the rules as a worker does when it starts.
func (m *Messages) texts(ctx context.Context) check.Check {
	set := m.cfg.Messages
	if _, err := telling.Rules(m.cfg); err != nil {
		return exam.Fail(m.why(ctx, err), "correct the file, or the variable, that is named; see docs/messages.md, Words of your own")
	}
	if !m.cfg.Webhooks() {
		return exam.Warn("no webhook says what happens to orders: RECEIVER_URL is not set, or SHOPIFY_WEBHOOKS is off; only the "+
			"sweep has customers told", "set up the receiver: docs/deploy.md, Webhooks: the receiver")
	}
	words := "those of giftbridge"
	if set.Templates != "" {
		words = "those of MESSAGES_TEMPLATES, and giftbridge's for what it lacks"
	}
	return exam.OK("%s; texts: %s; time zone: %s", strings.Join(set.Kinds, ", "), words, set.TimeZone)
}
