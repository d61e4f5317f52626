package fourwayshopissuer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/cardpdf"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest/documents"
)

// documentVendor is a simulated 4WS that makes PDFs, whose adapter is changed by wrap.
func documentVendor(t *testing.T, wrap func(*fourwayshopissuer.WithDocuments) issuer.Issuer) documents.Vendor {
	t.Helper()
	data := []byte("%PDF-1.4\n% a card\n%%EOF\n")
	server := fourwayshoptest.New(fourwayshoptest.Options{
		Username: "api-user", Password: password, Items: []ledger.Item{{Code: "GIFT50", Currency: "EUR"}},
		PDFInAnswer: true, PDF: data,
	})
	t.Cleanup(server.Stop)
	return documents.Vendor{
		Handler: server,
		Adapter: func(baseURL string, timeout time.Duration) issuer.Issuer {
			address, err := url.Parse(baseURL)
			require.NoError(t, err)
			pdfs, err := cardpdf.New(cardpdf.Options{
				Hosts: []string{address.Host}, Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: timeout,
			})
			require.NoError(t, err)
			client, err := fourwayshop.New(fourwayshop.Options{
				BaseURL: baseURL + "/api/", Username: "api-user", Password: password, Timeout: timeout,
			})
			require.NoError(t, err)
			return wrap(fourwayshopissuer.New(client, fourwayshopissuer.Options{}).WithDocuments(pdfs))
		},
		Card: issuer.Code(server.Forge("GIFT50").Barcode), Unknown: "2999999999990", Data: data,
		Fetches: func(r *http.Request) bool { return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".pdf") },
		Refusal: func(text string) []byte {
			body, err := json.Marshal(map[string]any{"success": false, "message": text})
			require.NoError(t, err)
			return body
		},
		Secrets: []string{password},
	}
}

func TestDocumentConformance(t *testing.T) {
	t.Parallel()
	documents.Run(t, func() documents.Vendor {
		return documentVendor(t, func(i *fourwayshopissuer.WithDocuments) issuer.Issuer { return i })
	})
}

// wrongDocuments is an adapter with a defect in how it makes documents.
type wrongDocuments struct {
	*fourwayshopissuer.WithDocuments

	before func(ctx context.Context) context.Context
	after  func(code issuer.Code, d *issuer.Document, err error) (*issuer.Document, error)
}

func (w wrongDocuments) Document(ctx context.Context, code issuer.Code) (*issuer.Document, error) {
	if w.before != nil {
		ctx = w.before(ctx)
	}
	d, err := w.WithDocuments.Document(ctx, code)
	if w.after != nil {
		return w.after(code, d, err)
	}
	return d, err
}

// failing makes an adapter with another error than that of the right one.
func failing(change func(code issuer.Code, err error) error) wrongDocuments {
	return wrongDocuments{after: func(code issuer.Code, d *issuer.Document, err error) (*issuer.Document, error) {
		if err == nil {
			return d, nil
		}
		return nil, change(code, err)
	}}
}

// wrongDocumenters are adapters that break a promise, by the case that notices it.
func wrongDocumenters() map[string]wrongDocuments {
	n := 0
	return map[string]wrongDocuments{
		"makes the document of a card": {after: func(_ issuer.Code, d *issuer.Document, err error) (*issuer.Document, error) {
			if d != nil {
				d.Extension = "pdf"
			}
			return d, err
		}},
		"makes no document of a card that is not there": {after: func(issuer.Code, *issuer.Document, error) (*issuer.Document, error) {
			return &issuer.Document{ContentType: "application/pdf", Extension: ".pdf"}, nil
		}},
		"says why there is none, whatever happens": failing(func(_ issuer.Code, err error) error {
			return errors.New(issuer.WhyNoDocument(err))
		}),
		"has few reasons": failing(func(issuer.Code, error) error {
			n++
			return &issuer.NoDocument{Reason: fmt.Sprint("attempt ", n)}
		}),
		"ends with its context": {before: context.WithoutCancel},
		"tells no secrets": failing(func(code issuer.Code, _ error) error {
			return &issuer.NoDocument{Reason: "none of " + string(code)}
		}),
	}
}

// Every promise about documents is one that an adapter can break, and the suite notices it.
func TestSuiteNoticesWrongDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range documents.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			defect, ok := wrongDocumenters()[c.Name]
			require.True(t, ok, "no adapter breaks this promise")
			w := documents.NewWorld(t, documentVendor(t, func(i *fourwayshopissuer.WithDocuments) issuer.Issuer {
				defect := defect
				defect.WithDocuments = i
				return defect
			}))
			s, done := &spy{T: t}, make(chan struct{})
			go func() {
				defer close(done)
				c.Check(s, w)
			}()
			<-done
			require.True(t, s.failed)
		})
	}
	require.Len(t, wrongDocumenters(), len(documents.Cases()))
}
