package doctor_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/actionpage"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/doctor"
	"github.com/giftbridge/giftbridge/internal/maillink"
)

// The doctor finds out whether the receiver knows the keys with which workers sign links, without using a link.
func TestLinksOfTheDigest(t *testing.T) {
	t.Parallel()
	secret := func(letter string) string { return strings.Repeat(letter, 32) }
	page := func(id, letter string) http.Handler {
		return actionpage.New(actionpage.Options{
			Keys: maillink.Keys{{ID: "k0", Secret: []byte(secret("z"))}, {ID: id, Secret: []byte(secret(letter))}}, Log: zerolog.Nop(),
		})
	}
	key := func(id, letter string) links.SigningKey {
		return links.SigningKey{ID: id, Secret: config.NewSecret(secret(letter))}
	}
	for name, tt := range map[string]struct {
		serve  http.Handler
		keys   links.SigningKeys
		status check.Status
		says   string
	}{
		"the same key":             {page("k1", "a"), links.SigningKeys{key("k1", "a"), key("k0", "z")}, check.OK, "knows all keys: 2"},
		"another secret":           {page("k1", "b"), links.SigningKeys{key("k1", "a")}, check.Fail, `does not know the key "k1"`},
		"another ID":               {page("k2", "a"), links.SigningKeys{key("k1", "a")}, check.Fail, `does not know the key "k1"`},
		"an old key alone":         {page("k1", "a"), links.SigningKeys{key("k2", "c"), key("k1", "a")}, check.Fail, `does not know the key "k2"`},
		"no pages":                 {answers(http.StatusNotFound), links.SigningKeys{key("k1", "a")}, check.Fail, "serves no links (it answers 404)"},
		"a page of a proxy":        {answers(http.StatusGone), links.SigningKeys{key("k1", "a")}, check.Fail, "serves no links (it answers 410)"},
		"keys at the receiver":     {page("k1", "a"), nil, check.Warn, "ACTION_KEYS is not set here"},
		"no keys, a page of proxy": {answers(http.StatusOK), nil, check.OK, "off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tt.serve)
			t.Cleanup(s.Close)
			c := checkOf(t, examined(t, func(p *patient) { p.Config.Receiver.URL, p.Config.Links.Keys = s.URL, tt.keys }), doctor.Links)
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.says)
			require.NotContains(t, c.Found+c.Fix, secret("a"))
		})
	}
	c := checkOf(t, examined(t, func(p *patient) { p.Config.Links.Keys = links.SigningKeys{key("k1", "a")} }), doctor.Links)
	require.Equal(t, check.Warn, c.Status)
	require.Contains(t, c.Found, "RECEIVER_URL is not")
	c = checkOf(t, examined(t, func(p *patient) {
		p.Config.Receiver.URL, p.Config.Links.Keys = "http://127.0.0.1:1", links.SigningKeys{key("k1", "a")}
	}), doctor.Links)
	require.Equal(t, check.Fail, c.Status)
	require.Contains(t, c.Found, "does not answer: ")
	require.NotContains(t, c.Found, maillink.Path, "the address of a link is in no output")
	for _, c := range examined(t, nil).Checks {
		require.NotEqual(t, doctor.Links, c.Name, "nothing of it is configured")
	}
}

// Shopify's judgement may come later than the order.
func TestRiskWithoutAWait(t *testing.T) {
	t.Parallel()
	for after, warns := range map[time.Duration]bool{0: true, 15 * time.Minute: false} {
		r := examined(t, func(p *patient) { p.Config.Orders.Risk, p.Config.Issue.After = config.Hold, after })
		require.Equal(t, check.OK, r.Checks[0].Status)
		require.Equal(t, warns, strings.Contains(r.Checks[1].Found, "RISK=hold without ISSUE_AFTER"))
	}
}
