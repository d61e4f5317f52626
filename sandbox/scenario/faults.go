package scenario

import (
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
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
