package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// control calls the simulators' control routes.
type control struct {
	client       http.Client
	shop, issuer string
}

func newControl(at ports) *control {
	return &control{
		client: http.Client{Timeout: 20 * time.Second},
		shop:   "http://" + child.Loopback(at.shop) + "/_control/",
		issuer: "http://" + child.Loopback(at.issuer) + "/_control/",
	}
}

// send sends body as JSON, or no body if it is nil, and decodes the answer into out unless out is nil.
func (c *control) send(ctx context.Context, method, address string, body, out any) error {
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
	answer, err := c.client.Do(request)
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
