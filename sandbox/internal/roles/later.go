package roles

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// tokenLife is how long a token of the issuer that makes cards later lives.
const tokenLife = 5 * time.Second

// later runs the issuer that makes cards later, with mischief for each order.
func (p process) later(ctx context.Context) error {
	key := token.Key{ID: p.Site.Name, Secret: []byte(p.CallbackKey)}
	m, spends := mischief.New(p.Seed, key, p.Later.Callbacks), mischief.NewSpends(p.Seed, key)
	issuer := p.Site.NewFourWayShop(fourwayshoptest.Options{
		Seed: p.Seed, Latency: issuerLatency, Takes: p.Later.Takes, TokenLife: tokenLife, ForgesSold: true,
		RandomFaults: faultsOfLooks(),
		Items:        append(scenario.Items(), scenario.SpentItem()), Rules: ledger.Rules{Overdraws: p.Overdraws},
		Fault: func(r fourwayshoptest.Request) *fourwayshoptest.Fault {
			if spends.Concern(r.Callback) {
				return spends.Fault(r)
			}
			return m.Fault(r)
		},
		Trouble: func(j jobs.Job) *fourwayshoptest.Trouble {
			if spends.Concern(j.Callback) {
				return spends.Trouble(j)
			}
			return m.Trouble(j)
		},
		CallbackTries: callbackTries, CallbackPause: callbackPause,
	})
	m.Expire = issuer.RevokeTokens
	for _, value := range p.Spent {
		issuer.Issue(scenario.SpentItem().Code, ledger.Hundredths(value))
	}
	return p.serve(ctx, spends.Handler(m.Handler(issuer)))
}

// A callback that no receiver takes is sent again. It is not known whether the vendor does so; here it makes runs shorter.
const (
	callbackTries = 3
	callbackPause = 2 * time.Second
)

// faultsOfLooks are the faults of requests for the state of a card: every tenth fails.
func faultsOfLooks() (faults []fourwayshoptest.RandomFault) {
	for _, kind := range []fourwayshoptest.FaultKind{
		fourwayshoptest.ServerError, fourwayshoptest.Drop, fourwayshoptest.Malformed, fourwayshoptest.Silent, fourwayshoptest.RateLimit,
	} {
		faults = append(faults, fourwayshoptest.RandomFault{
			Rate: 0.02, Fault: fourwayshoptest.Fault{Kind: kind, Operation: fourwayshoptest.Get},
		})
	}
	return faults
}
