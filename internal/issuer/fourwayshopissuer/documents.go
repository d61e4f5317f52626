package fourwayshopissuer

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/cardpdf"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// WithDocuments is 4WS as an issuer that makes documents, the PDFs of cards.
type WithDocuments struct {
	*Issuer

	pdfs *cardpdf.Fetcher
}

// WithDocuments returns the issuer with the ability to make documents, which are fetched by pdfs.
func (i *Issuer) WithDocuments(pdfs *cardpdf.Fetcher) *WithDocuments { return &WithDocuments{i, pdfs} }

// The reasons why there is no document, besides those of package cardpdf.
const (
	notMade    = "not made"
	noAddress  = "no address in the answer"
	notFetched = "not available"
)

// Document implements [issuer.Documenter]. Assumed: 4WS answers with the address of the PDF at once. If it only takes the
// request, there is none: no mail waits for a callback.
func (i *WithDocuments) Document(ctx context.Context, code issuer.Code) (*issuer.Document, error) {
	link, err := i.client.RequestPDF(ctx, fourwayshop.PDFRequest{Barcodes: []fourwayshop.Barcode{fourwayshop.Barcode(code)}})
	switch {
	case err != nil:
		return nil, &issuer.NoDocument{Reason: notMade}
	case link == "":
		return nil, &issuer.NoDocument{Reason: noAddress}
	}
	pdf, err := i.pdfs.Fetch(ctx, link)
	if err != nil {
		reason := string(cardpdf.ReasonOf(err))
		if reason == "" {
			reason = notFetched
		}
		return nil, &issuer.NoDocument{Reason: reason}
	}
	return &issuer.Document{ContentType: "application/pdf", Extension: ".pdf", Data: pdf}, nil
}
