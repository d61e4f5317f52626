package adminapi

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// TokenSource is a source of access tokens: a [StaticToken] or [ClientCredentials].
type TokenSource interface {
	bind(rc *rest.Client) (tokens, error)
}

// tokens provides access tokens for one shop. The caller passes the token that Shopify has just refused, to get another
// one if possible; it passes an empty string on the first attempt.
type tokens interface {
	token(ctx context.Context, refused string) (string, error)
}

// StaticToken is an access token that does not expire, as issued to custom apps created in a shop's admin ("shpat_…").
type StaticToken string

func (t StaticToken) bind(*rest.Client) (tokens, error) {
	if t == "" {
		return nil, errors.New("Shopify access token is empty")
	}
	return t, nil
}

func (t StaticToken) token(context.Context, string) (string, error) { return string(t), nil }

// String keeps the token out of logs.
func (t StaticToken) String() string { return redact.Secret }

// GoString keeps the token out of logs.
func (t StaticToken) GoString() string { return redact.Secret }

// ClientCredentials are the id and secret of an app of the Dev Dashboard. They are exchanged for tokens that live for
// about a day. A token is kept, renewed early, and renewed immediately if Shopify refuses it
// (shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant).
type ClientCredentials struct {
	ID, Secret string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// String keeps the secret out of logs.
func (c ClientCredentials) String() string { return redact.Secret }

// GoString keeps the secret out of logs.
func (c ClientCredentials) GoString() string { return redact.Secret }

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

// maxTokenLife is the maximum lifetime of a token; a longer one in a response is reduced to it.
const maxTokenLife = 366 * 24 * time.Hour

// tokenPattern matches a token that is valid in a header.
var tokenPattern = regexp.MustCompile(`^[!-~]{1,1000}$`)

// renewBefore is the time before its expiry at which a token is renewed. A token whose lifetime is shorter than ten
// times this duration is renewed in the last tenth of its lifetime.
const renewBefore = 30 * time.Minute

// grant is OAuth's client-credentials grant with its current token.
type grant struct {
	credentials ClientCredentials
	rest        *rest.Client
	flight      singleflight.Group

	mu      sync.Mutex
	current accessToken
}

// accessToken is a token and its lifetime. Zero times mean that its expiry is unknown.
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
	// Callers that wait for the same renewal must not fail when the first of them gives up.
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
			return t.value, nil // the early renewal failed, but the token still works for a while
		}
		return "", r.Err
	}
}

func (g *grant) held() accessToken {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.current
}

// renew requests a token, unless the stale one has been replaced in the meantime.
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
		return "", rest.Concealed(err, g.credentials.Secret)
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
