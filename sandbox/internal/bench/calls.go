package bench

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// CallsOptions configures the calls benchmark.
type CallsOptions struct {
	// Orders is the number of orders placed in one window.
	Orders int
	// Plan is the shop's plan, one of [Plans].
	Plan string
}

// plans are Shopify's plans with their points per second (shopify.dev/docs/api/usage/limits). The bucket holds 20
// seconds' worth: measured by others on the two smallest plans, assumed on the others.
var plans = map[string]float64{"standard": 100, "advanced": 200, "plus": 1000, "enterprise": 2000}

// bucketSeconds is how long an empty bucket takes to fill.
const bucketSeconds = 20

// Plans returns the names of Shopify's plans, the smallest first.
func Plans() []string {
	return slices.SortedFunc(maps.Keys(plans), func(a, b string) int { return int(plans[a] - plans[b]) })
}

// shopOn returns the options of a shop on a plan.
func shopOn(plan string) (shopifytest.Options, error) {
	rate, ok := plans[plan]
	if !ok {
		return shopifytest.Options{}, fmt.Errorf("plan %q: need one of %v", plan, Plans())
	}
	return shopifytest.Options{RestoreRate: rate, BucketSize: bucketSeconds * rate}, nil
}

// CallsReport counts the requests to the services for the orders of one window.
type CallsReport struct {
	Benchmark string  `json:"benchmark"`
	Machine   Machine `json:"machine"`
	Orders    int     `json:"orders"`
	// Merchants is the number of merchants for which the customers buy. There are as many customers as orders.
	Merchants int    `json:"merchants"`
	Plan      string `json:"plan"`
	// Calls covers all requests.
	Calls  []Calls `json:"calls"`
	Points Points  `json:"points"`
	Bars   []Bar   `json:"bars"`
}

// Calls counts the requests to an endpoint that were answered with the same status.
type Calls struct {
	Service  string `json:"service"`
	Endpoint string `json:"endpoint"`
	Status   int    `json:"status"`
	Count    int    `json:"count"`
	// PerThousand is the number for a thousand orders.
	PerThousand float64 `json:"per_thousand_orders"`
}

// Points is the cost of the queries, in Shopify's points.
type Points struct {
	Bucket float64 `json:"bucket"`
	// Restored is the number of points that are restored per second.
	Restored float64 `json:"restored_per_second"`
	Spent    float64 `json:"spent"`
	// Available is a full bucket plus the points restored while the poll ran, which took Seconds.
	Available float64 `json:"available"`
	Seconds   float64 `json:"seconds"`
	// Least is the lowest number of points in the bucket at any time.
	Least float64 `json:"least"`
	// Throttled is the number of answers that refused a query for lack of points.
	Throttled int `json:"throttled"`
}

// The bars for the numbers of requests.
const (
	maxIssuerCalls = 1010 // For a thousand orders of one unit.
	maxShopCalls   = 6    // For a window of a thousand orders.
	thousand       = 1000
)

const (
	shopService   = "Shopify"
	issuerService = "CashStar"
	// codeThrottled is Shopify's error code for a query that was refused for lack of points.
	codeThrottled = "THROTTLED"
)

// CountCalls counts the requests to the services for the orders of one window.
func CountCalls(ctx context.Context, p *Programs, o CallsOptions, say Say) (*CallsReport, error) {
	shop, err := shopOn(o.Plan)
	if err != nil {
		return nil, err
	}
	rig, err := p.OpenRig(ctx, RigOptions{Workers: 1, Shop: shop})
	if err != nil {
		return nil, err
	}
	defer rig.Close()
	say("placing %d orders of one card each", o.Orders)
	ids := rig.Place(o.Orders, time.Now().Add(-time.Minute))
	began := time.Now()
	poll, err := rig.Poll(ctx)
	if err != nil {
		return nil, err
	}
	result, err := rig.Await(ctx, poll)
	if err != nil {
		return nil, err
	}
	length := time.Since(began)
	if result.Started != o.Orders {
		return nil, fmt.Errorf("the poll took in %d orders, want %d", result.Started, o.Orders)
	}
	say("all are taken in; waiting for their cards")
	if err := rig.Settle(ctx); err != nil {
		return nil, err
	}
	if _, err := rig.Issued(ids); err != nil {
		return nil, err
	}
	report := &CallsReport{
		Benchmark: "calls", Machine: p.machine, Orders: o.Orders, Merchants: min(o.Orders, len(scenario.Merchants())),
		Plan: o.Plan, Calls: calls(rig, o.Orders), Points: points(rig, shop, length),
	}
	report.Bars = report.checks()
	return report, nil
}

// calls reads the services' request counts.
func calls(r *Rig, orders int) []Calls {
	var out []Calls
	count := func(service, endpoint string, byStatus map[int]int) {
		for _, status := range slices.Sorted(maps.Keys(byStatus)) {
			n := byStatus[status]
			out = append(out, Calls{service, endpoint, status, n, Ratio(float64(n*thousand), float64(orders))})
		}
	}
	shop := r.Shop.Stats().Answers
	for _, kind := range slices.Sorted(maps.Keys(shop)) {
		count(shopService, kind, shop[kind])
	}
	issuer := r.Issuer.Stats().Requests
	for _, operation := range slices.Sorted(maps.Keys(issuer)) {
		count(issuerService, string(operation), issuer[operation])
	}
	return out
}

// points reads the cost of the queries.
func points(r *Rig, shop shopifytest.Options, length time.Duration) Points {
	s := r.Shop.Stats()
	return Points{
		Bucket: shop.BucketSize, Restored: shop.RestoreRate, Spent: s.PointsSpent, Least: s.PointsLeast,
		Available: shop.BucketSize + shop.RestoreRate*length.Seconds(), Seconds: length.Seconds(),
		Throttled: s.Errors[codeThrottled] + s.Statuses[http.StatusTooManyRequests],
	}
}

// checks returns the bars. The bars for a thousand orders do not apply to fewer: a list of merchants is fetched even
// for one order.
func (r *CallsReport) checks() []Bar {
	bars := []Bar{AtMost("queries that the shop throttled", float64(r.Points.Throttled), 0, "")}
	if r.Orders < thousand {
		return bars
	}
	perThousand := map[string]float64{}
	for _, c := range r.Calls {
		perThousand[c.Service] += c.PerThousand
	}
	return append(bars,
		AtMost("CashStar calls for 1,000 one-unit orders", perThousand[issuerService], maxIssuerCalls, ""),
		AtMost("Shopify requests for 1,000 orders of one window", perThousand[shopService], maxShopCalls, ""),
	)
}

// Checks returns the bars.
func (r *CallsReport) Checks() []Bar { return r.Bars }

// Print prints the report as tables.
func (r *CallsReport) Print(w io.Writer) error {
	if err := PrintMachine(w, r.Machine); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(w, "%d orders of one card in one window, of as many customers of %d merchants\n\n",
		r.Orders, r.Merchants)
	err := Table(w, func(row func(...any)) {
		row("service", "endpoint", "status", "calls", "for 1,000 orders")
		for _, c := range r.Calls {
			row(c.Service, c.Endpoint, c.Status, c.Count, c.PerThousand)
		}
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	if err := Table(w, r.Points.print); err != nil {
		return err
	}
	return PrintBars(w, r.Bars)
}

func (p Points) print(row func(...any)) {
	row("points of the shop's bucket", p.Bucket, "and "+strconv.FormatFloat(p.Restored, 'f', -1, 64)+" more a second")
	row("points spent", p.Spent, fmt.Sprintf("of %.0f available in %.1f s", p.Available, p.Seconds))
	row("points left at the least", p.Least)
	row("queries throttled", p.Throttled)
}

// created returns the number of answers with a status under which the issuer makes a card.
func created(byStatus map[int]int) int { return byStatus[http.StatusOK] + byStatus[http.StatusCreated] }

// issuedOnce returns an error unless the issuer's ledger has the given number of cards and no audit number twice.
func issuedOnce(issuer *cashstartest.Server, cards int) error {
	seen := make(map[string]bool, cards)
	for _, c := range issuer.Cards() {
		if seen[c.AuditNumber] {
			return fmt.Errorf("there is more than one card of audit number %s", c.AuditNumber)
		}
		seen[c.AuditNumber] = true
	}
	if len(seen) != cards {
		return fmt.Errorf("there are %d cards, want %d", len(seen), cards)
	}
	return nil
}
