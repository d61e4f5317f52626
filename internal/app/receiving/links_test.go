package receiving_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/maillink"
)

// A receiver that has the keys knows a link of the mail, even one that has expired; one that has none, or that is not to
// serve links, does not.
func TestReceiverServesLinks(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 32)
	token, err := maillink.Keys{{ID: "k1", Secret: []byte(key)}}.Sign(maillink.Link{
		WorkflowID: "gift-card-order/shop/1", RunID: "0198c7a2-1f3e-7b6a-9c4d-0123456789ab", Action: maillink.Again,
		Day: "2026-07-01", Expires: time.Date(2026, 7, 4, 0, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		change func(*config.Config)
		status int
	}{
		"with keys":    {func(*config.Config) {}, http.StatusGone},
		"without keys": {func(c *config.Config) { c.Links.Keys = nil }, http.StatusNotFound},
		"not served":   {func(c *config.Config) { c.Receiver.Serves = config.List{config.ServeWebhooks} }, http.StatusNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(io.Discard)
			o.Config.Links.Keys = links.SigningKeys{{ID: "k1", Secret: config.NewSecret(key)}}
			tt.change(&o.Config)
			status, _ := get(t, http.DefaultClient, "http://"+start(t, o).Addr()+maillink.Path+token)
			require.Equal(t, tt.status, status)
		})
	}
}
