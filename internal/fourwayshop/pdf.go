package fourwayshop

import (
	"context"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/cardpdf"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
)

// PDFRequest asks for a printable PDF of cards.
type PDFRequest struct {
	Barcodes []Barcode
	// Callback is the URL to which the result is posted. It may be empty.
	Callback string
}

// RequestPDF enqueues a job that makes a PDF. Published is that the service returns a URL. Whether it does so in its
// answer or in a callback is not, nor is the body of the request, so both are assumed: the returned URL is empty if it
// comes in the callback, where [ParsePDF] reads it. Package cardpdf fetches it.
func (c *Client) RequestPDF(ctx context.Context, r PDFRequest) (cardpdf.Link, error) {
	if len(r.Barcodes) == 0 {
		return "", &InvalidError{"barcodes", "are missing"}
	}
	if r.Callback != "" {
		if err := checkCallback(r.Callback); err != nil {
			return "", err
		}
	}
	body, secrets := pdfBody{Callback: r.Callback}, []string{r.Callback}
	for _, b := range r.Barcodes {
		if !b.Valid() {
			return "", &InvalidError{"barcodes", "do not look like barcodes"}
		}
		body.Barcodes = append(body.Barcodes, string(b))
		secrets = append(secrets, string(b))
	}
	var answer pdfAnswer
	err := c.do(ctx, request{
		op: opPDF, method: http.MethodPost, path: c.paths.PDF, body: body, secrets: secretsOf(secrets...),
	}, &answer)
	return cardpdf.Link(answer.URL), err
}

// ParsePDF reads the result of [Client.RequestPDF] from the body of a callback.
func ParsePDF(body []byte) (cardpdf.Link, error) {
	var answer pdfAnswer
	if err := parseCallback(opPDF, body, &answer); err != nil {
		return "", err
	}
	if answer.URL == "" {
		return "", contradiction(opPDF, "the callback holds no URL")
	}
	return cardpdf.Link(answer.URL), nil
}

type pdfBody struct {
	Barcodes []string `json:"barcodes"`
	Callback string   `json:"callback,omitempty"`
}

type pdfAnswer struct {
	wire.Verdict
	URL wire.Text `json:"url"`
}
