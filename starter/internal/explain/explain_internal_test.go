package explain

import (
	"bytes"
	"errors"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// unseen are the facts of a paid order of one card that no poll has read yet.
func unseen() facts {
	return facts{
		now: noon, reference: "#1003",
		shop: &intake.Order{
			Candidate: giftcard.Candidate{
				Order: giftcard.Order{
					ID: "5003", Name: "#1003", CreatedAt: noon.Add(-time.Minute),
					Lines: []giftcard.Line{{ID: "1", SKU: "GIFT-25", Units: 1, Price: "25.00", Currency: "USD"}},
				},
				Lines: []giftcard.LineFacts{{Ordered: 1, Cost: giftcard.Amount{Number: "25.00", Currency: "USD"}}},
				Paid:  true, NetPayment: giftcard.Amount{Number: "25.00", Currency: "USD"},
			},
			Payment: "PAID",
		},
		poll: &workflows.PollOrdersInput{
			SKUs: []string{"GIFT-25", "GIFT-50"}, Companions: []string{"WRAP"}, AuditPrefix: "ACME-", HoldUnderpaid: true,
			CreatedAtMin: noon.Add(-90 * 24 * time.Hour), MaxOrderAge: workflows.Duration(14 * 24 * time.Hour),
			Overlap: workflows.Duration(10 * time.Minute), SettleDelay: workflows.Duration(2 * time.Minute),
		},
		watermark: noon.Add(-7 * time.Minute), nextPoll: noon.Add(30 * time.Second), every: 5 * time.Minute,
		nextSweep: noon.Add(time.Hour),
	}
}

func (f *facts) add(sku string, line giftcard.LineFacts) {
	f.shop.Order.Lines = append(f.shop.Order.Lines, giftcard.Line{SKU: sku, Units: line.Ordered})
	f.shop.Lines = append(f.shop.Lines, line)
}

// Each rule that leaves an order out has an explanation that names what decided, and so has the time until a poll.
func TestExplainsWhatWasNotTakenIn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change  func(*facts)
		verdict verdict
		reason  giftcard.Reason
		why     string
		todo    string
		skus    []string
	}{
		"the next poll": {
			change:  func(f *facts) { f.shop.Order.CreatedAt = noon.Add(-4 * time.Minute) },
			verdict: waiting, why: "no poll has read it yet; the poll at 2026-07-10T12:00:30Z does", todo: "giftbridge poll",
		},
		"the poll after the next": {verdict: waiting, why: "the poll at 2026-07-10T12:05:30Z does"},
		"paid a moment ago": {
			change: func(f *facts) {
				f.shop.Order.CreatedAt, f.shop.PaidAt = noon.Add(-48*time.Hour), noon.Add(-time.Minute)
			},
			verdict: waiting, why: "the poll at 2026-07-10T12:05:30Z does",
		},
		"no poll yet": {
			change: func(f *facts) {
				f.watermark = time.Time{}
				f.shop.Order.CreatedAt = noon.Add(-48 * time.Hour)
			},
			verdict: waiting, why: "the poll at 2026-07-10T12:00:30Z does",
		},
		"late polls": {change: func(f *facts) { f.late = true }, verdict: waiting, todo: "polls are late; to find out why, run: giftbridge status"},
		"paused": {
			change:  func(f *facts) { f.isPaused, f.pausedBy = true, "ann@desk: CashStar is being serviced" },
			verdict: paused, why: "polls are paused: ann@desk: CashStar is being serviced", todo: "nothing is lost",
		},
		"not set up": {change: func(f *facts) { f.poll = nil }, verdict: notSetUp, todo: "run: giftbridge schedules"},
		"passed over": {
			change:  func(f *facts) { f.shop.Order.CreatedAt = noon.Add(-2 * time.Hour) },
			verdict: passed, why: "polls have read what had changed by 2026-07-10T11:53:00Z",
			todo: "giftbridge poll --since 2026-07-10T10:00:00Z",
		},
		"passed over, as the rules were": {
			change: func(f *facts) {
				f.shop.Order.CreatedAt, f.poll.WidenedAt = noon.Add(-2*time.Hour), noon.Add(-time.Hour)
			},
			verdict: passed, why: "was widened at 2026-07-10T11:00:00Z", todo: "the sweep looks for such orders, the next at 2026-07-10T13:00:00Z",
		},
		"no gift card": {
			change:  func(f *facts) { f.shop.Order.Lines[0].SKU = "MUG-1" },
			verdict: leftOut, reason: giftcard.NoGiftCard, skus: []string{"MUG-1"},
			why: "none of its SKUs is one of the gift-card SKUs (GIFT-25, GIFT-50): MUG-1", todo: "add it to GIFT_CARD_SKUS",
		},
		"the SKU in other letters": {
			change:  func(f *facts) { f.shop.Order.Lines[0].SKU = "Gift-25" },
			verdict: leftOut, reason: giftcard.NoGiftCard, skus: []string{"Gift-25"},
			why: `"Gift-25" differs from "GIFT-25" in case or white space`,
		},
		"no SKU": {
			change:  func(f *facts) { f.shop.Order.Lines[0].SKU = "" },
			verdict: leftOut, reason: giftcard.NoGiftCard, skus: []string{"(an item without a SKU)"},
		},
		"test":      {change: func(f *facts) { f.shop.Test = true }, verdict: leftOut, reason: giftcard.TestOrder, todo: "INCLUDE_TEST_ORDERS"},
		"cancelled": {change: func(f *facts) { f.shop.Cancelled = true }, verdict: leftOut, reason: giftcard.Cancelled, todo: "no card is owed"},
		"unpaid": {
			change:  func(f *facts) { f.shop.Paid, f.shop.Payment = false, "PENDING" },
			verdict: leftOut, reason: giftcard.Unpaid, why: "it is not paid: PENDING", todo: "the next poll takes it in",
		},
		"refunded": {
			change:  func(f *facts) { f.shop.Order.Lines[0].Units = 0 },
			verdict: leftOut, reason: giftcard.NoUnitsLeft, why: "refunded or removed",
		},
		"before giftbridge": {
			change:  func(f *facts) { f.shop.Order.CreatedAt = noon.Add(-100 * 24 * time.Hour) },
			verdict: leftOut, reason: giftcard.TooOld, why: "it was created at 2026-04-01T12:00:00Z, before CREATED_AT_MIN (2026-04-11T12:00:00Z)",
			todo: "giftbridge poll --since 2026-04-01T12:00:00Z",
		},
		"too old": {
			change:  func(f *facts) { f.shop.Order.CreatedAt = noon.Add(-20 * 24 * time.Hour) },
			verdict: leftOut, reason: giftcard.TooOld, why: "it was created 20 days ago and is older than MAX_ORDER_AGE (14 days)",
			todo: "their audit numbers begin with ACME-5003-",
		},
		"mixed": {
			change: func(f *facts) {
				f.add("MUG-1", giftcard.LineFacts{Ordered: 1})
				f.add("WRAP", giftcard.LineFacts{Ordered: 1})
				f.add("TIP", giftcard.LineFacts{Ordered: 1, Tip: true})
			},
			verdict: waiting, reason: giftcard.MixedOrder, skus: []string{"MUG-1"},
			why:  "giftbridge will not issue it, but leave it to people: other items were ordered with its gift cards: MUG-1; no poll",
			todo: "giftbridge orders release 5003",
		},
		"native": {
			change:  func(f *facts) { f.shop.Lines[0].Native = true },
			verdict: waiting, reason: giftcard.NativeGiftCard, skus: []string{"GIFT-25"}, why: "Shopify itself issues a gift card",
		},
		"risky": {
			change:  func(f *facts) { f.poll.HoldRisky, f.shop.Risk = true, giftcard.RiskDoubted },
			verdict: waiting, reason: giftcard.Risky, why: "Shopify recommends to cancel it or to investigate it",
		},
		"underpaid": {
			change:  func(f *facts) { f.shop.NetPayment.Number = "5.00" },
			verdict: waiting, reason: giftcard.Underpaid, why: "does not cover its gift cards",
		},
		"nowhere": {change: func(f *facts) { f.shop = nil }, verdict: unknown, why: "neither giftbridge nor the shop", todo: "60 days"},
	}
	reasons := map[giftcard.Reason]bool{"": true, giftcard.PaidLate: true} // Orders paid late are rare, and look like mixed ones.
	for name, tt := range tests {
		reasons[tt.reason] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := unseen()
			if tt.change != nil {
				tt.change(&f)
			}
			a := explain(f)
			require.Equal(t, tt.verdict, a.Verdict)
			require.Equal(t, tt.reason, a.Reason)
			require.Equal(t, tt.skus, a.SKUs)
			require.Contains(t, a.Why, tt.why)
			require.NotEmpty(t, a.Todo)
			require.Equal(t, "#1003", a.Order)
			text := printed(t, a)
			require.Contains(t, text, tt.todo)
			require.NotRegexp(t, `(?i)workflow|reset|run ID|namespace`, text)
		})
	}
	for _, r := range giftcard.Reasons {
		require.True(t, reasons[r], "%s is not explained", r)
	}
}

func printed(t *testing.T, a answer) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, printAnswer(&out, a))
	for _, r := range out.String() {
		require.False(t, unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r), "%U", r)
	}
	return out.String()
}

// An order that was taken in is explained by its state, whatever the shop shows now.
func TestExplainsWhatWasTakenIn(t *testing.T) {
	t.Parallel()
	order := func(state executions.State) *orders.OrderDetails {
		return &orders.OrderDetails{Order: executions.Order{Name: "#1003", ID: "5003", State: state, StartedAt: noon}}
	}
	failure := func(kind string) *orders.OrderDetails {
		d := order(executions.Failed)
		d.Failure = &executions.Failure{Kind: kind, Message: "why\x1b[2J"}
		return d
	}
	leftTo := func(state executions.State, l activities.LeftOrder) *orders.OrderDetails {
		d := order(state)
		d.Left = &l
		return d
	}
	retried := order(executions.Running)
	retried.Pending = []orders.PendingActivity{{Activity: "IssueCard", Attempt: 4, Last: &executions.Failure{
		Kind: "Unavailable", Message: "CashStar: HTTP 503",
	}}}
	for name, tt := range map[string]struct {
		known   *orders.OrderDetails
		away    error
		verdict verdict
		says    []string
	}{
		"running": {order(executions.Running), nil, issuing, []string{"its cards are being issued"}},
		"retried": {retried, nil, issuing, []string{"attempt 4 follows Unavailable: CashStar: HTTP 503", "RETRY_BUDGET"}},
		"issued":  {order(executions.Completed), nil, issued, []string{"it has its cards", "orders balance 5003"}},
		"a merchant is missing": {failure("MerchantUnknown"), nil, failed, []string{
			"MerchantUnknown: why", "Ask the issuer to add a merchant", "then run: giftbridge orders retry '#1003'", "orders settle '#1003'",
		}},
		"in doubt":         {failure("OutcomeUnknown"), nil, failed, []string{"giftbridge orders resolve '#1003'"}},
		"invalid":          {failure("InvalidRequest"), nil, failed, []string{"orders fix '#1003' --email ADDRESS", "orders settle '#1003'"}},
		"stopped":          {failure("Terminated"), nil, failed, []string{"somebody stopped it", "orders retry '#1003'"}},
		"canceled":         {order(executions.Canceled), nil, canceled, []string{"it has failed"}},
		"the shop is away": {failure("Timeout"), errors.New("HTTP 503"), failed, []string{"the shop could not be asked: HTTP 503"}},
		"left": {
			leftTo(executions.Left, activities.LeftOrder{Reason: giftcard.MixedOrder}), nil, left,
			[]string{"left to people: other items were ordered", "orders release '#1003'", "orders settle '#1003'"},
		},
		"settled": {
			leftTo(executions.Settled, activities.LeftOrder{Reason: giftcard.Settled, By: "ann@desk", Note: "ticket\u202e 4711"}), nil,
			settled,
			[]string{"settled by ann@desk at 2026-07-10T12:00:00Z: ticket", "--undo"},
		},
		"reopened": {
			leftTo(executions.Left, activities.LeftOrder{Reason: giftcard.Reopened, By: "ann@desk", Note: "it was not"}), nil,
			left,
			[]string{"taken back, by ann@desk: it was not"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := unseen()
			f.known, f.shopAway = tt.known, tt.away
			if tt.away != nil {
				f.shop = nil
			}
			a := explain(f)
			require.Equal(t, tt.verdict, a.Verdict)
			text := printed(t, a)
			for _, says := range tt.says {
				require.Contains(t, text, says)
			}
			require.NotRegexp(t, `(?i)workflow|reset|run ID|namespace`, text)
		})
	}
	f := unseen()
	f.known, f.shop.Cancelled = failure("Timeout"), true
	require.Equal(t, "the order was cancelled", explain(f).InShop)
}
