package shop

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// The names of the checks. They must not change, because monitors read them.
const (
	Receiver = "receiver"
	Webhooks = "webhooks"
)

const (
	applyWebhooks = "run: giftbridge webhooks apply"
	// answerWithin is how long Shopify waits for an answer.
	answerWithin = 5 * time.Second
)

// WebhookExams returns the checks of the webhooks; none if webhooks are off.
func (s *Shop) WebhookExams() []exam.Exam {
	if !s.cfg.Webhooks() {
		return nil
	}
	return []exam.Exam{
		{Name: Receiver, Reads: []string{"RECEIVER_URL", "SHOPIFY_WEBHOOK_SECRETS"}, Do: s.receiver},
		{
			Name: Webhooks, Needs: []string{Version, Scopes}, Reads: []string{"RECEIVER_URL", "SHOPIFY_WEBHOOKS"},
			Do: s.webhooks,
		},
	}
}

// receiver sends the receiver what Shopify would send, as far as that changes nothing: an unsigned delivery, which it
// must refuse, and a signed one of a topic that it does not know. This machine may reach an address that Shopify cannot.
func (s *Shop) receiver(ctx context.Context) check.Check {
	base := s.cfg.Receiver.URL
	// A simulated shop delivers to this machine.
	if s.cfg.Shopify.BaseURL == "" {
		if why := unreachable(ctx, base); why != "" {
			return exam.Fail("Shopify cannot deliver to "+base+": "+why, "set RECEIVER_URL to an https address on the internet, "+
				"behind which the receiver or a proxy in front of it listens")
		}
	}
	status, err := s.deliver(ctx, "")
	switch {
	case err != nil && isCertificate(err):
		return exam.Fail(base+" has no certificate that Shopify accepts: "+s.why(ctx, err),
			"get a certificate for this name from a public authority, and serve it with its chain")
	case err != nil:
		return exam.Fail(base+" does not answer: "+s.why(ctx, err), "start the receiver (giftbridge receiver), and have the "+
			"proxy, load balancer or firewall in front of it pass on POST "+subscriptions.OrdersPath)
	case status == http.StatusOK:
		return exam.Fail(base+" accepts a delivery without a signature: this is not giftbridge's receiver",
			"set RECEIVER_URL to the receiver's address; a page of a proxy or a parked domain answers like this")
	case status != http.StatusUnauthorized:
		return exam.Fail(fmt.Sprintf("%s answers a delivery with %d and not with 401: something in front of the receiver answers",
			base, status), "have the proxy in front pass on POST "+subscriptions.OrdersPath+" unchanged, without redirects")
	case len(s.cfg.Receiver.WebhookSecrets) == 0:
		return exam.OK("%s answers, and refuses what is not signed; SHOPIFY_WEBHOOK_SECRETS is not set here, so the secrets are not "+
			"compared", base)
	}
	for i, secret := range s.cfg.Receiver.WebhookSecrets {
		status, err := s.deliver(ctx, secret.Reveal())
		if err != nil {
			return exam.Fail(base+" does not answer: "+s.why(ctx, err), "look at the receiver's log, and try again")
		}
		if status != http.StatusOK {
			return exam.Fail(fmt.Sprintf("%s answers %d to a delivery that is signed with secret %d of SHOPIFY_WEBHOOK_SECRETS", base,
				status, i+1), "give the receiver the same SHOPIFY_WEBHOOK_SECRETS, and restart it; a proxy must not change bodies")
		}
	}
	if own := s.cfg.Shopify.ClientSecret; own.IsSet() &&
		!slices.ContainsFunc(s.cfg.Receiver.WebhookSecrets, func(x config.Secret) bool { return x.Reveal() == own.Reveal() }) {
		return exam.Fail("SHOPIFY_CLIENT_SECRET is not among SHOPIFY_WEBHOOK_SECRETS: Shopify signs with the client secret of "+
			"the app that makes the subscriptions", "put the app's client secret first in SHOPIFY_WEBHOOK_SECRETS")
	}
	return exam.OK("%s answers, and accepts what is signed with SHOPIFY_WEBHOOK_SECRETS", base)
}

// deliver sends a delivery of a topic that does not exist, and returns the status of the answer. An empty secret means no
// signature.
func (s *Shop) deliver(ctx context.Context, secret string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	body := []byte(`{}`)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost,
		strings.TrimSuffix(s.cfg.Receiver.URL, "/")+subscriptions.OrdersPath, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Shopify-Topic", "giftbridge/doctor")
	r.Header.Set("X-Shopify-Shop-Domain", s.cfg.Shopify.Shop)
	r.Header.Set("X-Shopify-API-Version", s.cfg.Shopify.APIVersion)
	if secret != "" {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		r.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	defer t.CloseIdleConnections()
	// Shopify does not follow redirects.
	c := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

func isCertificate(err error) bool {
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return untrusted
}

// unreachable returns why nobody on the internet can reach an address, as far as this machine can tell; "" if it cannot.
func unreachable(ctx context.Context, address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return "it is not an address"
	case u.Scheme != "https":
		return "it is not https"
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return "its name cannot be resolved"
	}
	if !slices.ContainsFunc(addresses, public) {
		return "its name stands for addresses that are not on the internet"
	}
	return ""
}

func public(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsGlobalUnicast() && !a.IsPrivate()
}

// webhooks compares the subscriptions with what giftbridge needs, as "giftbridge webhooks plan" does.
func (s *Shop) webhooks(ctx context.Context) check.Check {
	webhooks := s.client.Webhooks()
	have, err := webhooks.List(ctx)
	if err != nil {
		return exam.Fail(s.why(ctx, err), "try again; Shopify's status page reports outages")
	}
	w := subscriptions.Wanting{URL: s.cfg.Receiver.URL, Needs: wanted.Webhooks(s.cfg), Scopes: s.access.Scopes, Named: webhooks.Named()}
	if s.cfg.Shopify.Webhooks == config.WebhooksByTOML {
		if slices.ContainsFunc(have, w.Own) {
			return exam.Warn("each event comes twice: the app's shopify.app.toml and giftbridge have subscriptions",
				"run: giftbridge webhooks delete")
		}
		return exam.OK("not checked: Shopify does not list the subscriptions of shopify.app.toml")
	}
	if needed, _ := w.Scopes.Missing(w.Needs.Topics()); len(needed) > 0 {
		return exam.Fail("the app lacks "+strings.Join(needed, ", ")+", without which it cannot subscribe", cureScopes)
	}
	return s.judgeWebhooks(subscriptions.Plan(have, w))
}

func (s *Shop) judgeWebhooks(steps []subscriptions.Step) check.Check {
	var wrong, unused []string
	conflict, right, other := "", 0, ""
	for _, step := range steps {
		switch step.Do {
		case subscriptions.Leave:
			right++
			if v := step.Have.APIVersion; v != s.cfg.Shopify.APIVersion {
				other = v
			}
		case subscriptions.Skip:
			unused = append(unused, step.Topic)
		case subscriptions.Conflict:
			conflict = step.Topic + ": " + strings.Join(step.Why, "; ")
		default:
			wrong = append(wrong, string(step.Do)+" "+step.Topic)
		}
	}
	switch {
	case conflict != "":
		return exam.Fail(conflict, "change or delete that subscription, then "+applyWebhooks)
	case len(wrong) > 0:
		return exam.Fail("not as they should be: "+strings.Join(wrong, ", "), applyWebhooks)
	case other != "":
		return exam.Warn(fmt.Sprintf("Shopify writes webhooks in version %s, but SHOPIFY_API_VERSION is %s", other,
			s.cfg.Shopify.APIVersion), "set the webhooks API version of the app to "+s.cfg.Shopify.APIVersion+
			" (Dev Dashboard, the app's version), or SHOPIFY_API_VERSION to "+other)
	case len(unused) > 0:
		return exam.OK("%d subscriptions as they should be; without %s, for which the app lacks the scope", right,
			strings.Join(unused, ", "))
	}
	return exam.OK("%d subscriptions as they should be", right)
}
