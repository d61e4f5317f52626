package issuer

import (
	"context"
	"errors"
)

// Documenter is an issuer that makes a printable document of a card.
type Documenter interface {
	// Document returns the document of a card. An error that is a [*NoDocument] says why there is none.
	Document(ctx context.Context, code Code) (*Document, error)
}

// Document is a file that a recipient can print. It shows the code of the card.
type Document struct {
	ContentType string
	// Extension is that of the file's name, with its dot.
	Extension string
	Data      []byte
}

// NoDocument is why there is no document of a card. Reason is fit for a metric.
type NoDocument struct{ Reason string }

// Error implements error.
func (n *NoDocument) Error() string { return "no document: " + n.Reason }

// WhyNoDocument returns why there is no document of a card; empty if err does not say.
func WhyNoDocument(err error) string {
	if n, ok := errors.AsType[*NoDocument](err); ok {
		return n.Reason
	}
	return ""
}
