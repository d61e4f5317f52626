package fourwayshop

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	// renewBefore is the time before its expiry at which a token is renewed. A token whose lifetime is shorter than ten
	// times this duration is renewed in the last tenth of its lifetime. The token of the published sample lives for 285
	// seconds.
	renewBefore = 5 * time.Minute
	// maxTokenLife is the maximum lifetime of a token; a longer one in a response is reduced to it.
	maxTokenLife = 24 * time.Hour
)

// tokenForm matches a token that is valid in a header.
var tokenForm = regexp.MustCompile(`^[!-~]+$`)

// session keeps the token of a login. It is renewed early, and at once if the service refuses it. Callers that need a
// token at the same time share one login.
type session struct {
	rest               *rest.Client
	path               string
	username, password string
	timeout            time.Duration
	now                func() time.Time
	flight             singleflight.Group

	mu   sync.Mutex
	held accessToken
}

// accessToken is a token and its lifetime. Zero times mean that its expiry is unknown.
type accessToken struct {
	value         string
	renew, expiry time.Time
}

// token returns a token other than refused, the one that the service has just refused.
func (s *session) token(ctx context.Context, refused string) (string, error) {
	t, now := s.current(), s.now()
	usable := t.value != "" && t.value != refused && (t.expiry.IsZero() || now.Before(t.expiry))
	if usable && (t.renew.IsZero() || now.Before(t.renew)) {
		return t.value, nil
	}
	// Callers that wait for the same login must not fail when the first of them gives up.
	renewal := s.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
		defer cancel()
		return s.logIn(ctx, t.value)
	})
	select {
	case <-ctx.Done():
		fail := &rest.Error{Service: service, Op: opLogin, Outcome: rest.NoAnswer, Err: ctx.Err()}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			fail.Outcome = rest.TimedOut
		}
		return "", fail
	case r := <-renewal:
		if token, ok := r.Val.(string); ok && r.Err == nil {
			return token, nil
		}
		if usable {
			return t.value, nil // The early renewal failed, but the token still works for a while.
		}
		return "", r.Err
	}
}

func (s *session) current() accessToken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

// logIn requests a token, unless the stale one has been replaced in the meantime. The body is assumed: only the answer
// is published.
func (s *session) logIn(ctx context.Context, stale string) (string, error) {
	if t := s.current(); t.value != stale {
		return t.value, nil
	}
	req, err := s.rest.NewRequest(ctx, http.MethodPost, s.path, loginBody{s.username, s.password})
	if err != nil {
		return "", err
	}
	var answer loginAnswer
	if err := exchange(s.rest, req, opLogin, &answer, s.password); err != nil {
		return "", err
	}
	if !tokenForm.MatchString(string(answer.Token)) {
		return "", contradiction(opLogin, "no token in the answer")
	}
	t := accessToken{value: string(answer.Token)}
	if life := answer.life(s.now()); life > 0 {
		life = min(life, maxTokenLife)
		t.expiry = s.now().Add(life)
		t.renew = t.expiry.Add(-min(renewBefore, life/10))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = t
	return t.value, nil
}

type loginBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// loginAnswer is the answer to a login. It has no "success" unless it failed.
type loginAnswer struct {
	wire.Verdict
	Token       wire.Text `json:"token"`
	Expires     wire.Text `json:"expires"`
	ExpiresInMS wire.Text `json:"expiresInMS"`
}

// Said takes a token for a success.
func (a *loginAnswer) Said() wire.Verdict {
	v := a.Verdict
	if v.Success == wire.Unsaid && a.Token != "" {
		v.Success = wire.Yes
	}
	return v
}

// life returns how long the token lives, 0 if the answer does not say. The relative time comes first: clocks differ.
func (a *loginAnswer) life(now time.Time) time.Duration {
	if ms, ok := wire.ParseMilliseconds(string(a.ExpiresInMS)); ok {
		return ms
	}
	t, err := time.Parse(time.RFC3339, string(a.Expires))
	if err != nil {
		return 0
	}
	return t.Sub(now)
}
