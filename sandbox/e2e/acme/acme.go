// Package acme is a made-up issuer that makes cards later, and the adapter for it: what another vendor takes. Nothing
// outside this folder knows it, except where a worker and a receiver are put together.
package acme

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
	"github.com/giftbridge/giftbridge/internal/refusal"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Fate is what becomes of a job: how long the queue takes, why the job fails if it does, and whether its callback is lost.
type Fate struct {
	Late   time.Duration
	Reason string
	Silent bool
}

// Vendor is the issuer: an http.Handler with a ledger and a queue. It knows no idempotency keys.
type Vendor struct {
	// Fate, if set, decides about each job before it is enqueued.
	Fate func(step issuer.Step, item, callback string) Fate
	// Jobs are in the queue.
	Jobs  sync.WaitGroup
	mu    sync.Mutex
	cards []issuertest.DeferredCard
}

// The vendor's wire format.
type (
	request struct{ Card, Item, Amount, Currency, Reference, Callback string }
	answer  struct {
		Job, Item, Amount, Currency, Error string
		Known                              *bool
	}
	callback struct {
		Done         *bool
		Card, Reason string
	}
)

// Cards returns the ledger.
func (v *Vendor) Cards() []issuertest.DeferredCard {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.cards)
}

func find(in []issuertest.DeferredCard, code string) int {
	return slices.IndexFunc(in, func(c issuertest.DeferredCard) bool { return string(c.Code) == code })
}

// ServeHTTP implements http.Handler.
func (v *Vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked request
	_ = json.NewDecoder(r.Body).Decode(&asked) // What cannot be read asks for nothing.
	said := answer{Job: "enqueued"}
	switch r.URL.Path {
	case "/generate":
		v.enqueue(issuer.Generating, asked)
	case "/activate":
		v.enqueue(issuer.Activating, asked)
	default:
		cards := v.Cards()
		i := find(cards, asked.Card)
		known := i >= 0
		if said = (answer{Known: &known}); known {
			said.Item, said.Amount, said.Currency = cards[i].Item, cards[i].Value.Amount(), cards[i].Value.Currency
		}
	}
	_ = json.NewEncoder(w).Encode(said)
}

// enqueue does a job later, and calls back.
func (v *Vendor) enqueue(step issuer.Step, asked request) {
	var fate Fate
	if v.Fate != nil {
		fate = v.Fate(step, asked.Item, asked.Callback)
	}
	v.Jobs.Go(func() {
		<-time.After(fate.Late)
		body, err := json.Marshal(v.do(step, asked, fate.Reason))
		if err != nil || fate.Silent {
			return
		}
		if response, err := (&http.Client{Timeout: time.Minute}).Post(asked.Callback, "application/json", bytes.NewReader(body)); err == nil { //nolint:noctx // A job of the queue has no context.
			_ = response.Body.Close()
		}
	})
}

func (v *Vendor) do(step issuer.Step, asked request, reason string) callback {
	v.mu.Lock()
	defer v.mu.Unlock()
	done, code := reason == "", asked.Card
	value, err := giftcard.ParseMoney(asked.Amount, asked.Currency)
	if i := find(v.cards, code); done && i >= 0 && err == nil {
		value.Hundredths += v.cards[i].Value.Hundredths // Another activation adds to the first.
		v.cards[i].Value, v.cards[i].Activations = value, v.cards[i].Activations+1
	} else if done && step == issuer.Generating {
		code = fmt.Sprintf("29%011d", len(v.cards)+1)
		v.cards = append(v.cards, issuertest.DeferredCard{Code: issuer.Code(code), Item: asked.Item})
	}
	return callback{Done: &done, Card: code, Reason: reason}
}

// Issuer is the adapter.
type Issuer struct{ rest *rest.Client }

// New returns the adapter for the vendor at an address.
func New(baseURL string, timeout time.Duration) (*Issuer, error) {
	client, err := rest.New("Acme", baseURL, &http.Client{Timeout: timeout})
	return &Issuer{client}, err
}

// Words implements [issuer.Issuer].
func (*Issuer) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

// ask sends a request. Only an answer in the vendor's own format says that it has refused. Its words are not repeated.
func (i *Issuer) ask(ctx context.Context, path string, r request) (said answer, err error) {
	sent, err := i.rest.NewRequest(ctx, http.MethodPost, path, r)
	if err != nil {
		return said, err
	}
	var refused answer
	_, err = i.rest.Do(sent, path, &said, func(body []byte) (code, message string) {
		_ = json.Unmarshal(body, &refused)
		return "", ""
	})
	if err == nil && (said.Job != "" || said.Known != nil) {
		return said, nil
	}
	err = cmp.Or(err, error(&rest.Error{Service: "Acme", Op: path, Outcome: rest.Contradictory, Status: http.StatusOK}))
	effect := issuer.Unclear
	if e, ok := errors.AsType[*rest.Error](err); ok && !e.Ambiguous() && (e.Unsent || refused.Error != "") {
		effect = issuer.None
	}
	return said, &issuer.Error{Effect: effect, Err: kinds.WithKind(err)}
}

var kinds refusal.Table = func(e *rest.Error) giftcard.Kind {
	if e.Status >= http.StatusInternalServerError {
		return giftcard.Unavailable
	}
	known := map[int]giftcard.Kind{http.StatusUnauthorized: giftcard.Unauthorized, http.StatusTooManyRequests: giftcard.RateLimited}
	return cmp.Or(known[e.Status], giftcard.InvalidRequest)
}

// Generate implements [issuer.Deferred].
func (i *Issuer) Generate(ctx context.Context, item, callback string) error {
	_, err := i.ask(ctx, "generate", request{Item: item, Callback: callback})
	return err
}

// Activate implements [issuer.Deferred].
func (i *Issuer) Activate(ctx context.Context, a issuer.Activation) error {
	_, err := i.ask(ctx, "activate", request{
		Card: string(a.Code), Amount: a.Value.Amount(), Currency: a.Value.Currency, Reference: a.Reference, Callback: a.Callback,
	})
	return err
}

// Look implements [issuer.Deferred].
func (i *Issuer) Look(ctx context.Context, code issuer.Code) (s issuer.Standing, err error) {
	said, err := i.ask(ctx, "look", request{Card: string(code)})
	if err != nil || said.Known == nil || !*said.Known {
		return s, err
	}
	s.Known, s.Item, s.Active = true, said.Item, said.Currency != ""
	if s.Active {
		s.Value, err = giftcard.ParseMoney(said.Amount, said.Currency)
		s.Original = s.Value
	}
	return s, err
}

// Answer implements [issuer.Deferred].
func (*Issuer) Answer(_ issuer.Step, body []byte) (issuer.Answer, error) {
	var said callback
	if err := json.Unmarshal(body, &said); err != nil || said.Done == nil {
		return issuer.Answer{}, errors.New("this is no callback")
	}
	if !*said.Done {
		return issuer.Answer{Kind: giftcard.InvalidRequest, Message: said.Reason}, nil
	}
	return issuer.Answer{OK: true, Code: issuer.Code(said.Card)}, nil
}
