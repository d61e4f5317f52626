// Package shopper is a client of the checkout API, as a shop would write one. The laboratory, the benchmarks and the
// end-to-end tests spend cards with it.
package shopper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxAnswer limits an answer; the largest has less than a kilobyte.
const maxAnswer = 64 << 10

// Client is a shop's client. All its methods send one request, and do not repeat it.
type Client struct {
	// BaseURL is the address of a receiver.
	BaseURL string
	// Key is the bearer key.
	Key  string
	HTTP *http.Client
}

// Purchase asks for an amount of a card.
type Purchase struct {
	Code     string `json:"code"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Order    string `json:"order,omitempty"`
	Partial  bool   `json:"partial,omitempty"`
	EndUser  string `json:"end_user,omitempty"`
}

// Balance is what is on a card.
type Balance struct {
	Balance   string    `json:"balance"`
	Available string    `json:"available"`
	Currency  string    `json:"currency"`
	ExpiresAt time.Time `json:"expires_at"`
	InParts   bool      `json:"partial_use"`
}

// Redemption is a redemption as the API shows it.
type Redemption struct {
	ID         string    `json:"id"`
	State      string    `json:"state"`
	Amount     string    `json:"amount"`
	Currency   string    `json:"currency"`
	Taken      string    `json:"taken"`
	Order      string    `json:"order"`
	AcceptedAt time.Time `json:"accepted_at"`
	SettledAt  time.Time `json:"settled_at"`
	Problem    *Problem  `json:"problem"`
	Reversal   *Reversal `json:"reversal"`
}

// The states of a redemption.
const (
	Pending   = "pending"
	Succeeded = "succeeded"
	Declined  = "declined"
	Unknown   = "unknown"
	Reversed  = "reversed"
)

// Reversal is an attempt to give back what was taken.
type Reversal struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Problem   *Problem  `json:"problem"`
	AskedAt   time.Time `json:"asked_at"`
	SettledAt time.Time `json:"settled_at"`
}

// Problem is an answer that refuses a request. It is an error.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Available string `json:"available"`
	Currency  string `json:"currency"`
	// Redemption is the ID of the redemption that was refused, if there is one.
	Redemption string `json:"redemption"`
	// RetryAfter is how long to wait before the request is repeated; zero if the answer does not say.
	RetryAfter time.Duration `json:"-"`
}

// Error implements error.
func (p *Problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Type + ": " + p.Detail }

// ProblemOf returns the problem that an error is; nil if it is none, because no answer came.
func ProblemOf(err error) *Problem {
	p, _ := errors.AsType[*Problem](err)
	return p
}

// Balance asks what is on a card.
func (c *Client) Balance(ctx context.Context, code, endUser string) (*Balance, error) {
	return call[Balance](ctx, c, http.MethodPost, "/v1/balances", "", map[string]string{"code": code, "end_user": endUser})
}

// Redeem takes an amount off a card.
func (c *Client) Redeem(ctx context.Context, key string, p Purchase) (*Redemption, error) {
	return call[Redemption](ctx, c, http.MethodPost, "/v1/redemptions", key, p)
}

// Redemption asks what has become of a redemption.
func (c *Client) Redemption(ctx context.Context, id string) (*Redemption, error) {
	return call[Redemption](ctx, c, http.MethodGet, "/v1/redemptions/"+url.PathEscape(id), "", nil)
}

// Reverse gives back what a redemption has taken.
func (c *Client) Reverse(ctx context.Context, key, id string) (*Redemption, error) {
	return call[Redemption](ctx, c, http.MethodPost, "/v1/redemptions/"+url.PathEscape(id)+"/reversals", key, struct{}{})
}

// call sends a request, and reads its answer. Errors other than a [Problem] mean that it is unknown whether the request was
// carried out.
func call[T any](ctx context.Context, c *Client, method, path, key string, body any) (*T, error) {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode a request: %w", err)
		}
		sent = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, sent)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", strconv.Quote(key))
	}
	got, err := c.HTTP.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask the checkout: %w", err)
	}
	defer got.Body.Close()
	said, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the checkout's answer: %w", err)
	}
	if got.StatusCode >= http.StatusBadRequest {
		var p Problem
		if err := json.Unmarshal(said, &p); err != nil || p.Type == "" {
			return nil, fmt.Errorf("the checkout answered %d without a problem", got.StatusCode)
		}
		p.Status = got.StatusCode
		if s, err := strconv.Atoi(got.Header.Get("Retry-After")); err == nil {
			p.RetryAfter = time.Duration(s) * time.Second
		}
		return nil, &p
	}
	var out T
	if err := json.Unmarshal(said, &out); err != nil {
		return nil, fmt.Errorf("the checkout answered %d with something else: %w", got.StatusCode, err)
	}
	return &out, nil
}
