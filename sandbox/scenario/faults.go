package scenario

import (
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
)

// FaultyLag is the lag of the search index in a faulty shop.
const FaultyLag = 2 * time.Second

// CashStarFaults returns the faults of a bad day at the issuer: about every fourth request fails, before or after it
// took effect. No fault is permanent.
func CashStarFaults() []cashstartest.RandomFault {
	fault := func(rate float64, f cashstartest.Fault) cashstartest.RandomFault {
		return cashstartest.RandomFault{Rate: rate, Fault: f}
	}
	return []cashstartest.RandomFault{
		fault(0.04, cashstartest.Fault{Kind: cashstartest.ServerError}),
		fault(0.04, cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusInternalServerError, AfterCommit: true}),
		fault(0.03, cashstartest.Fault{Kind: cashstartest.Drop}),
		fault(0.04, cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}),
		fault(0.01, cashstartest.Fault{Kind: cashstartest.Slow, Delay: 3 * time.Second}),
		fault(0.01, cashstartest.Fault{Kind: cashstartest.Slow, Delay: 3 * time.Second, AfterCommit: true}),
		fault(0.02, cashstartest.Fault{Kind: cashstartest.RateLimit, RetryAfter: "1"}),
		fault(0.02, cashstartest.Fault{Kind: cashstartest.RateLimit, Status: http.StatusTooManyRequests, RetryAfter: "2"}),
		fault(0.02, cashstartest.Fault{Kind: cashstartest.Malformed}),
		fault(0.02, cashstartest.Fault{Kind: cashstartest.Truncated}),
		fault(0.02, cashstartest.Fault{Kind: cashstartest.HTML, AfterCommit: true}),
	}
}

// QueueTakes is how long the queue of the issuer that makes cards later takes.
const QueueTakes = 300 * time.Millisecond

// FourWayShopFaults returns the faults of a bad day at the issuer that makes cards later: about every fifth request fails,
// before or after its job was enqueued.
func FourWayShopFaults() []fourwayshoptest.RandomFault {
	fault := func(rate float64, f fourwayshoptest.Fault) fourwayshoptest.RandomFault {
		return fourwayshoptest.RandomFault{Rate: rate, Fault: f}
	}
	return []fourwayshoptest.RandomFault{
		fault(0.04, fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError}),
		fault(0.04, fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, AfterCommit: true}),
		fault(0.04, fourwayshoptest.Fault{Kind: fourwayshoptest.Drop}),
		fault(0.04, fourwayshoptest.Fault{Kind: fourwayshoptest.Drop, AfterCommit: true}),
		fault(0.02, fourwayshoptest.Fault{Kind: fourwayshoptest.RateLimit, RetryAfter: "1"}),
		fault(0.02, fourwayshoptest.Fault{Kind: fourwayshoptest.Silent, AfterCommit: true}),
	}
}

// QueueTroubles returns what befalls the jobs of its queue on a bad day: about every third. No trouble is permanent.
func QueueTroubles() []fourwayshoptest.RandomTrouble {
	trouble := func(t fourwayshoptest.Trouble) fourwayshoptest.RandomTrouble {
		return fourwayshoptest.RandomTrouble{Rate: 0.05, Trouble: t}
	}
	return []fourwayshoptest.RandomTrouble{
		trouble(fourwayshoptest.Trouble{Kind: jobs.Late, Delay: 2 * time.Second}),
		trouble(fourwayshoptest.Trouble{Kind: jobs.Early}),
		trouble(fourwayshoptest.Trouble{Kind: jobs.Twice}),
		trouble(fourwayshoptest.Trouble{Kind: jobs.Never}),
		trouble(fourwayshoptest.Trouble{Kind: jobs.Garbled}),
		trouble(fourwayshoptest.Trouble{Kind: jobs.Lag, Delay: 2 * time.Second}),
		trouble(fourwayshoptest.Trouble{Kind: jobs.Lost, Operation: fourwayshoptest.Generate}),
	}
}

// SonarFaults returns the faults of a bad day at the service that brings messages to phones: about every fifth request fails, before
// or after its message was taken.
func SonarFaults() []sonartest.RandomFault {
	fault := func(rate float64, f sonartest.Fault) sonartest.RandomFault {
		return sonartest.RandomFault{Rate: rate, Fault: f}
	}
	return []sonartest.RandomFault{
		fault(0.04, sonartest.Fault{Kind: sonartest.ServerError}),
		fault(0.04, sonartest.Fault{Kind: sonartest.ServerError, AfterCommit: true}),
		fault(0.03, sonartest.Fault{Kind: sonartest.Drop}),
		fault(0.03, sonartest.Fault{Kind: sonartest.Drop, AfterCommit: true}),
		fault(0.03, sonartest.Fault{Kind: sonartest.TimedOut, AfterCommit: true}),
		fault(0.02, sonartest.Fault{Kind: sonartest.RateLimit, RetryAfter: "1"}),
		fault(0.02, sonartest.Fault{Kind: sonartest.Silent}),
	}
}

// ERPFaults returns the faults of a bad day at the ERP: about every eighth request fails, before or after its event was taken.
func ERPFaults() []relaytest.RandomFault {
	fault := func(f relaytest.Fault) relaytest.RandomFault { return relaytest.RandomFault{Rate: 0.03, Fault: f} }
	return []relaytest.RandomFault{
		fault(relaytest.Fault{Kind: relaytest.ServerError}),
		fault(relaytest.Fault{Kind: relaytest.ServerError, AfterTaking: true}),
		fault(relaytest.Fault{Kind: relaytest.Throttle, RetryAfter: "1"}),
		fault(relaytest.Fault{Kind: relaytest.Drop, AfterTaking: true}),
	}
}

// ShopifyFaults returns the faults of a bad day at the shop: about every third request fails.
func ShopifyFaults(seed uint64) shopifytest.Faults {
	rate := func(probability float64, f shopifytest.Fault) shopifytest.Rate {
		return shopifytest.Rate{Fault: f, Probability: probability}
	}
	return shopifytest.Faults{
		Seed: seed,
		Rates: []shopifytest.Rate{
			rate(0.05, shopifytest.Fault{Kind: shopifytest.FaultStatus}),
			rate(0.04, shopifytest.Fault{
				Kind: shopifytest.FaultStatus, Status: http.StatusTooManyRequests, RetryAfter: "1.5",
			}),
			rate(0.05, shopifytest.Fault{Kind: shopifytest.FaultThrottled}),
			rate(0.05, shopifytest.Fault{Kind: shopifytest.FaultInternalError}),
			rate(0.03, shopifytest.Fault{Kind: shopifytest.FaultHTML}),
			rate(0.03, shopifytest.Fault{Kind: shopifytest.FaultMalformed}),
			rate(0.03, shopifytest.Fault{Kind: shopifytest.FaultTruncated}),
			rate(0.03, shopifytest.Fault{Kind: shopifytest.FaultDropped}),
		},
	}
}
