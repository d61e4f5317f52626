package crowd

import (
	"context"
	"errors"
	"net/http"
)

// loss is what the network loses of an exchange.
type loss int

const (
	nothing loss = iota
	theRequest
	theAnswer
)

// exchange is one request and its answer.
type exchange struct {
	loses loss
	// status is the status of the answer, also of one that was lost; zero without one.
	status int
}

type exchangeKey struct{}

// with returns a context whose request is an exchange.
func with(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

var errLost = errors.New("the network has lost it")

// network carries requests, and loses some.
type network struct{ real http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		return n.real.RoundTrip(r)
	}
	if x.loses == theRequest {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, errLost
	}
	answer, err := n.real.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	x.status = answer.StatusCode
	if x.loses == theAnswer {
		_ = answer.Body.Close()
		return nil, errLost
	}
	return answer, nil
}
