package cashstarissuer_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/cashstarissuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
)

const password = "correct-horse-battery"

// vendor is a simulated CashStar whose adapter is changed by wrap.
func vendor(duplicates cashstartest.Duplicates, wrap func(*cashstarissuer.Issuer) issuer.Issuer) issuertest.Vendor {
	server := cashstartest.New(cashstartest.Options{
		Username: "api-user", Password: password, Duplicates: duplicates,
		Merchants: []cashstartest.Merchant{{
			Name: "The Widget Shop", LegalName: "Widget Shop Ltd.", MerchantCode: "TWS", Currencies: []string{"USD"},
			Faceplates: []cashstartest.Faceplate{{Code: "F1", Name: "Balloons"}},
		}, {
			Name: "The Bare Shop", MerchantCode: "BARE",
		}},
	})
	return issuertest.Vendor{
		Handler: server,
		Adapter: func(baseURL string, timeout time.Duration) issuer.Issuer {
			client, err := cashstar.New(cashstar.Options{
				BaseURL: baseURL + "/v2", Username: "api-user", Password: password, Timeout: timeout,
			})
			if err != nil {
				panic(err)
			}
			return wrap(cashstarissuer.New(client, duplicates != cashstartest.IssueAgain))
		},
		Cards:   func() []issuertest.Card { return cards(server) },
		Account: issuer.Account{Code: "TWS", Names: []string{"The Widget Shop", "Widget Shop Ltd."}},
		Offer: issuer.Offer{
			Items: issuer.Listing{Name: "catalog", Facts: []issuer.Fact{
				{Name: "merchant_code", Value: "TWS"},
				{Name: "currency.1.code", Value: "USD"},
				{Name: "currency.1.maximum", Value: "2000.00"},
			}},
			Designs: issuer.Listing{Name: "faceplates", Facts: []issuer.Fact{
				{Name: "faceplate.1.faceplate_code", Value: "F1"},
				{Name: "faceplate.1.name", Value: "Balloons"},
			}},
		},
		Bare:    "BARE",
		Asks:    func(r *http.Request) bool { return r.Method == http.MethodPost },
		Refusal: func(text string) []byte { return fmt.Appendf(nil, `{"error":%q}`, text) },
		Certain: certain,
		Unlike: func(key string) []string {
			return []string{
				"audit number " + key + " is too long",
				"audit number " + key + " was not used",
				"audit number " + key + " is used by a different order",
				"audit number 4711-B was already used",
				"merchant TWS does not exist (audit number " + key + ")",
				"order with audit number " + key + " is in progress",
			}
		},
		Differ: func(answer []byte, currency bool) []byte {
			if currency {
				return []byte(strings.ReplaceAll(string(answer), `"USD"`, `"EUR"`))
			}
			return []byte(strings.ReplaceAll(string(answer), `"50.00"`, `"500.00"`))
		},
		Secrets: []string{password},
	}
}

// certain repeats CashStar's decision as a table. These five statuses are given before a request is processed. Any
// other refusal is certain only in CashStar's own words, unless it says that nothing is at this address, or is a
// conflict, which may be about an order in progress.
func certain(status int, explained bool) bool {
	if slices.Contains([]int{401, 407, 420, 425, 429}, status) {
		return true
	}
	return explained && status >= 400 && status <= 499 &&
		!slices.Contains([]int{404, 405, 408, 409, 410, 421, 430}, status)
}

func cards(server *cashstartest.Server) []issuertest.Card {
	var out []issuertest.Card
	for _, c := range server.Cards() {
		value, err := giftcard.ParseMoney(c.InitialBalance, c.Currency)
		if err != nil {
			panic(err)
		}
		out = append(out, issuertest.Card{
			Key: c.AuditNumber, Account: c.MerchantCode, Reference: c.EGCCode, Value: value, Email: c.Target,
			SendOn: c.Scheduled, AdditionalContent: c.AdditionalContent,
		})
	}
	return out
}

func asItIs(i *cashstarissuer.Issuer) issuer.Issuer { return i }

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, duplicates := range []cashstartest.Duplicates{
		cashstartest.RefuseDuplicates, cashstartest.AnswerExisting, cashstartest.IssueAgain,
	} {
		t.Run(string(duplicates), func(t *testing.T) {
			t.Parallel()
			issuertest.Run(t, func() issuertest.Vendor { return vendor(duplicates, asItIs) })
		})
	}
}

// wrong is an adapter with one defect.
type wrong struct {
	*cashstarissuer.Issuer
	words  func(issuer.Words) issuer.Words
	before func(*issuer.Request)
	// after changes the result of Issue.
	after  func(issuer.Request, issuer.Card, error) (issuer.Card, error)
	list   func([]issuer.Account, error) ([]issuer.Account, error)
	offer  func(issuer.Offer, error) (issuer.Offer, error)
	cancel func(context.Context, issuer.Cancellation) (issuer.State, error)
	probe  func(error) error
}

func (w wrong) Words() issuer.Words {
	if w.words == nil {
		return w.Issuer.Words()
	}
	return w.words(w.Issuer.Words())
}

func (w wrong) Issue(ctx context.Context, r issuer.Request) (issuer.Card, error) {
	if w.before != nil {
		w.before(&r)
	}
	card, err := w.Issuer.Issue(ctx, r)
	if w.after != nil {
		return w.after(r, card, err)
	}
	return card, err
}

func (w wrong) Accounts(ctx context.Context) ([]issuer.Account, error) {
	if w.list == nil {
		return w.Issuer.Accounts(ctx)
	}
	return w.list(w.Issuer.Accounts(ctx))
}

func (w wrong) Offer(ctx context.Context, account string) (issuer.Offer, error) {
	if w.offer == nil {
		return w.Issuer.Offer(ctx, account)
	}
	return w.offer(w.Issuer.Offer(ctx, account))
}

func (w wrong) Cancel(ctx context.Context, c issuer.Cancellation) (issuer.State, error) {
	if w.cancel == nil {
		return w.Issuer.Cancel(ctx, c)
	}
	return w.cancel(ctx, c)
}

func (w wrong) Probe(ctx context.Context) error {
	if w.probe == nil {
		return w.Issuer.Probe(ctx)
	}
	return w.probe(w.Issuer.Probe(ctx))
}

// effect makes an adapter that changes what is known of a failed request.
func effect(change func(e *issuer.Error)) func() wrong {
	return func() wrong {
		return wrong{after: func(_ issuer.Request, card issuer.Card, err error) (issuer.Card, error) {
			if e, ok := errors.AsType[*issuer.Error](err); ok {
				change(e)
			}
			return card, err
		}}
	}
}

func kindOf(err error) giftcard.Kind {
	kind, _ := giftcard.KindOf(err)
	return kind
}

// wrongs are adapters that break a promise, by the case that notices it.
var wrongs = map[string]func() wrong{
	"has words for messages": func() wrong {
		return wrong{words: func(w issuer.Words) issuer.Words { w.Reference = ""; return w }}
	},
	"issues the card that was requested": func() wrong {
		return wrong{before: func(r *issuer.Request) { r.Value.Hundredths *= 2 }}
	},
	"issues one card for a key": func() wrong {
		n := 0
		return wrong{before: func(r *issuer.Request) { n++; r.Key += strings.Repeat("-again", n-1) }}
	},
	"issues a card for each key": func() wrong {
		return wrong{before: func(r *issuer.Request) { r.Key, _, _ = strings.Cut(r.Key, "-") }}
	},
	"takes a card to exist only from evidence": effect(func(e *issuer.Error) {
		if strings.Contains(e.Error(), "HTTP 409") {
			e.Effect = issuer.Duplicate
		}
	}),
	"calls certain only what is certain": effect(func(e *issuer.Error) {
		if strings.Contains(e.Error(), "HTTP 404") {
			e.Effect = issuer.None
		}
	}),
	"calls certain what is certain": effect(func(e *issuer.Error) {
		if strings.Contains(e.Error(), "HTTP 400") {
			e.Effect = issuer.Unclear
		}
	}),
	"knows that a lost answer may be a card": effect(func(e *issuer.Error) {
		if kindOf(e) == giftcard.Timeout {
			e.Effect = issuer.None
		}
	}),
	"finds the card of a lost answer": func() wrong {
		failed := false
		return wrong{
			before: func(r *issuer.Request) {
				if failed {
					r.Key += "-again"
				}
			},
			after: func(_ issuer.Request, card issuer.Card, err error) (issuer.Card, error) {
				failed = err != nil
				return card, err
			},
		}
	},
	"knows that nobody was asked": effect(func(e *issuer.Error) { e.Effect = issuer.Unclear }),
	"decides a kind for every status": effect(func(e *issuer.Error) {
		if kindOf(e) == giftcard.Unavailable {
			e.Err = &giftcard.Error{Kind: giftcard.InvalidRequest, Message: e.Error(), Err: e.Err}
		}
	}),
	"passes on how long to wait": effect(func(e *issuer.Error) {
		e.Err = &giftcard.Error{Kind: kindOf(e), Message: e.Error(), Err: e.Err}
	}),
	"notices a card of another value": func() wrong {
		return wrong{after: func(_ issuer.Request, card issuer.Card, err error) (issuer.Card, error) {
			if issuer.EffectOf(err) == issuer.Different {
				return card, nil
			}
			return card, err
		}}
	},
	"ends with its context": effect(func(e *issuer.Error) {
		e.Err = giftcard.Errorf(kindOf(e), "%s", e.Error())
	}),
	"tells no secrets": func() wrong {
		return wrong{after: func(r issuer.Request, card issuer.Card, err error) (issuer.Card, error) {
			if err == nil {
				return card, nil
			}
			kind := giftcard.Errorf(kindOf(err), "the card for %s: %v", r.To.Email, err)
			return card, &issuer.Error{Effect: issuer.EffectOf(err), Err: kind}
		}}
	},
	"lists accounts": func() wrong {
		return wrong{list: func(all []issuer.Account, _ error) ([]issuer.Account, error) { return all, nil }}
	},
	"shows what is offered": func() wrong {
		return wrong{offer: func(o issuer.Offer, _ error) (issuer.Offer, error) { return o, nil }}
	},
	"cancels a card": func() wrong {
		return wrong{cancel: func(context.Context, issuer.Cancellation) (issuer.State, error) {
			return issuer.State{Cancelled: true}, nil
		}}
	},
	"answers a harmless request": func() wrong { return wrong{probe: func(error) error { return nil }} },
}

// recorder is a test that records whether it failed.
type recorder struct {
	t      *testing.T
	failed bool
}

func (*recorder) Helper()                    {}
func (r *recorder) Context() context.Context { return r.t.Context() }
func (r *recorder) Errorf(string, ...any)    { r.failed = true }
func (r *recorder) FailNow()                 { r.failed = true; runtime.Goexit() }

// The suite works: each of its cases fails for an adapter that breaks the promise.
func TestConformanceNoticesWrongAdapters(t *testing.T) {
	t.Parallel()
	for _, c := range issuertest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			defect, ok := wrongs[c.Name]
			require.True(t, ok, "no adapter breaks this promise")
			w := issuertest.NewWorld(t, vendor(cashstartest.RefuseDuplicates, func(i *cashstarissuer.Issuer) issuer.Issuer {
				bad := defect()
				bad.Issuer = i
				return bad
			}))
			r := &recorder{t: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.Check(r, w)
			}()
			<-done
			require.True(t, r.failed, "nobody notices")
		})
	}
	require.Len(t, wrongs, len(issuertest.Cases()))
}
