package fourwayshopissuer_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/cardpdf"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
)

// The PDF of a card is a document, and whatever keeps it away has a reason that says nothing of the card.
func TestDocument(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		options fourwayshoptest.Options
		hosts   []string // instead of the one of the service
		unknown bool
		why     string
	}{
		"made":               {options: fourwayshoptest.Options{PDFInAnswer: true}},
		"only in a callback": {why: "not made"}, // The service asks for an address to call back.
		"not of this card":   {options: fourwayshoptest.Options{PDFInAnswer: true}, unknown: true, why: "not made"},
		"elsewhere": {
			options: fourwayshoptest.Options{PDFInAnswer: true}, hosts: []string{"files.example.com"}, why: "host not allowed",
		},
		"a page": {options: fourwayshoptest.Options{PDFInAnswer: true, PDFType: "text/html"}, why: "not a PDF"},
		"too large": {
			options: fourwayshoptest.Options{PDFInAnswer: true, PDF: append([]byte("%PDF-1.4"), make([]byte, cardpdf.Most)...)},
			why:     "larger than 5 MiB",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.options.Username, tt.options.Password = "api-user", password
			tt.options.Items = []ledger.Item{{Code: "GIFT50", Currency: "EUR"}}
			server := fourwayshoptest.New(tt.options)
			t.Cleanup(server.Stop)
			web := httptest.NewServer(http.Handler(server))
			t.Cleanup(web.Close)
			address, err := url.Parse(web.URL)
			require.NoError(t, err)
			if tt.hosts == nil {
				tt.hosts = []string{address.Host}
			}
			pdfs, err := cardpdf.New(cardpdf.Options{Hosts: tt.hosts, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
			require.NoError(t, err)
			client, err := fourwayshop.New(fourwayshop.Options{
				BaseURL: web.URL + "/api/", Username: "api-user", Password: password, Timeout: 10 * time.Second,
			})
			require.NoError(t, err)
			plain, err := issuer.Find(fourwayshopissuer.New(client, fourwayshopissuer.Options{}))
			require.NoError(t, err)
			require.Nil(t, plain.Documenter, "without hosts, no document is asked for")
			found, err := issuer.Find(fourwayshopissuer.New(client, fourwayshopissuer.Options{}).WithDocuments(pdfs))
			require.NoError(t, err)
			require.NotNil(t, found.Deferred)

			code := issuer.Code(server.Forge("GIFT50").Barcode)
			if tt.unknown {
				code = "2999999999990"
			}
			document, err := found.Documenter.Document(t.Context(), code)
			if tt.why != "" {
				require.Equal(t, tt.why, issuer.WhyNoDocument(err), "%v", err)
				require.NotContains(t, err.Error(), string(code))
				return
			}
			require.NoError(t, err)
			require.Equal(t, "application/pdf", document.ContentType)
			require.Equal(t, ".pdf", document.Extension)
			require.Contains(t, string(document.Data), "%PDF-1.4")
		})
	}
}
