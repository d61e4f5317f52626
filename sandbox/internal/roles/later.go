package roles

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
)

// tokenLife is how long a token of the issuer that makes cards later lives.
const tokenLife = 5 * time.Second

// later runs the issuer that makes cards later, with mischief for each order.
func (p process) later(ctx context.Context) error {
	m := mischief.New(p.Seed, token.Key{ID: p.Site.Name, Secret: []byte(p.CallbackKey)}, p.Later.Callbacks)
	issuer := p.Site.NewFourWayShop(fourwayshoptest.Options{
		Seed: p.Seed, Latency: issuerLatency, Takes: p.Later.Takes, TokenLife: tokenLife, ForgesSold: true,
		RandomFaults: faultsOfLooks(),
		Fault:        m.Fault, Trouble: m.Trouble, CallbackTries: callbackTries, CallbackPause: callbackPause,
	})
	m.Expire = issuer.RevokeTokens
	return p.serve(ctx, m.Handler(issuer))
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
