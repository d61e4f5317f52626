package storm

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// timeout limits one request to a simulator.
const timeout = 20 * time.Second

// Control calls the control routes of the simulated shop, issuers and service for messages.
type Control struct {
	Shop, Issuer string
	// Later is the issuer that makes cards later.
	Later string
	// Messages is the service that brings messages to phones; empty if there is none.
	Messages string
	// ERP is what takes the shop's events; empty if there is none.
	ERP string
}

// NewControl returns the control of simulators at these addresses.
func NewControl(shop, issuer, later string) Control {
	return Control{Shop: shop + "/_control/", Issuer: issuer + "/_control/", Later: later + "/_control/"}
}

// Send sends body as JSON, or no body if it is nil, and decodes the answer into out unless out is nil.
func Send(ctx context.Context, method, address string, body, out any) error {
	var reader io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: timeout}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, address, answer.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
