package shopify

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// TokenSource is where access tokens come from: a [StaticToken] or [ClientCredentials].
type TokenSource interface {
	bind(rc *rest.Client) (tokens, error)
}

// tokens hands out access tokens for one shop. The token that Shopify has just refused is passed in, so that another
// one comes back if there is one; it is empty on the first try.
type tokens interface {
	token(ctx context.Context, refused string) (string, error)
}

// StaticToken is an access token that does not expire, as custom apps made in a shop's admin have ("shpat_…").
type StaticToken string

func (t StaticToken) bind(*rest.Client) (tokens, error) {
	if t == "" {
		return nil, errors.New("Shopify access token is empty")
	}
	return t, nil
}

func (t StaticToken) token(context.Context, string) (string, error) { return string(t), nil }

// String keeps the token out of logs.
func (t StaticToken) String() string { return "[redacted]" }

// GoString keeps the token out of logs.
func (t StaticToken) GoString() string { return "[redacted]" }

// ClientCredentials are the id and secret of an app of the Dev Dashboard. They are exchanged for tokens of about a
// day, which are kept, renewed early, and renewed at once when Shopify refuses one
// (shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant).
type ClientCredentials struct {
	ID, Secret string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// String keeps the secret out of logs.
func (c ClientCredentials) String() string { return "[redacted]" }

// GoString keeps the secret out of logs.
func (c ClientCredentials) GoString() string { return "[redacted]" }

func (c ClientCredentials) bind(rc *rest.Client) (tokens, error) {
	if c.ID == "" || c.Secret == "" {
		return nil, errors.New("Shopify client id and client secret are both needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &grant{credentials: c, rest: rc}, nil
}

const opGetToken = "get access token"

// maxTokenLife is the longest life that is believed.
const maxTokenLife = 366 * 24 * time.Hour

// tokenPattern is a token as it can stand in a header.
var tokenPattern = regexp.MustCompile(`^[!-~]{1,1000}$`)

// renewBefore is how long before its end a token is renewed; a token that lives shorter than ten times as long is
// renewed in its last tenth.
const renewBefore = 30 * time.Minute

// grant is the client-credentials grant of OAuth with its current token.
type grant struct {
	credentials ClientCredentials
	rest        *rest.Client
	flight      singleflight.Group

	mu      sync.Mutex
	current accessToken
}

// accessToken is a token and its life; zero times mean that its end is unknown.
type accessToken struct {
	value         string
	renew, expiry time.Time
}

func (g *grant) token(ctx context.Context, refused string) (string, error) {
	t, now := g.held(), g.credentials.Now()
	usable := t.value != "" && t.value != refused && (t.expiry.IsZero() || now.Before(t.expiry))
	if usable && (t.renew.IsZero() || now.Before(t.renew)) {
		return t.value, nil
	}
	// Those who wait for the same renewal must not fail when the first of them gives up.
	renewal := g.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), defaultTimeout)
		defer cancel()
		return g.renew(ctx, t.value)
	})
	select {
	case <-ctx.Done():
		fail := &rest.Error{Service: service, Op: opGetToken, Outcome: rest.NoAnswer, Err: ctx.Err()}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			fail.Outcome = rest.TimedOut
		}
		return "", fail
	case r := <-renewal:
		if r.Err == nil {
			return r.Val.(string), nil
		}
		if usable {
			return t.value, nil // renewed early and failed: it still works for a while
		}
		return "", r.Err
	}
}

func (g *grant) held() accessToken {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.current
}

// renew asks for a token unless the stale one has been replaced in the meantime.
func (g *grant) renew(ctx context.Context, stale string) (string, error) {
	if t := g.held(); t.value != stale {
		return t.value, nil
	}
	req, err := g.rest.NewRequest(ctx, http.MethodPost, "admin/oauth/access_token", map[string]string{
		"grant_type":    "client_credentials",
		"client_id":     g.credentials.ID,
		"client_secret": g.credentials.Secret,
	})
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if _, err := g.rest.Do(req, opGetToken, &answer, errorBody); err != nil {
		return "", concealed(err, g.credentials.Secret)
	}
	if !tokenPattern.MatchString(answer.AccessToken) {
		return "", &rest.Error{
			Service: service, Op: opGetToken, Outcome: rest.Contradictory, Status: http.StatusOK,
			Err: errors.New("no access token in the answer"),
		}
	}
	t := accessToken{value: answer.AccessToken}
	if answer.ExpiresIn > 0 {
		life := time.Duration(min(answer.ExpiresIn, maxTokenLife.Seconds()) * float64(time.Second))
		t.expiry = g.credentials.Now().Add(life)
		t.renew = t.expiry.Add(-min(renewBefore, life/10))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.current = t
	return t.value, nil
}
