package digest

import (
	"cmp"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// The number of rows of each list that text and HTML show. The CSV has all.
const (
	maxRows  = 200
	maxLeft  = 300 // One line each.
	maxPolls = 10
)

// view is a report prepared for the templates: every value is cleaned, every time and number phrased.
type view struct {
	Headline, Shop, Namespace, Day, Window, Zone string
	Failed                                       []failedView
	FailedTotal                                  int
	FailedTitle                                  string
	FailedMore                                   more
	Reasons                                      []reasonView
	Recovered                                    []orderView
	RecoveredTotal                               int
	RecoveredMore                                more
	Retrying                                     []retryingView
	RetryingTotal                                int
	RetryingMore                                 more
	Polls                                        []pollView
	PollsTotal                                   int
	PollsMore                                    more
	Mixed                                        []leftView
	MixedTotal                                   int
	MixedMore                                    more
	LeftOtherwise                                []leftSection
	LeftBefore                                   int
	Native                                       []leftView
	NativeTotal                                  int
	NativeMore                                   more
	Refused                                      string
	Stale                                        bool
	Watermark, Missed                            string
	Issued                                       string
	Currencies                                   []currencyView
}

// more is the number of rows that are not shown: rows that are in the CSV, and rows that only the totals include.
type more struct{ CSV, Nowhere int }

type orderView struct{ Name, Kind, Link string }

// leftView is an order that is left to people. Worth is empty if it is not known.
type leftView struct{ Name, Worth, Link string }

type failedView struct {
	orderView
	New                                   bool
	Message, When, Expiry, Rerun, Command string
	Audit                                 string
	ExpiresSoon                           bool
}

type retryingView struct {
	orderView
	Message, What string
}

type pollView struct{ At, Kind, Message, Link string }

type reasonView struct {
	Kind, Cure string
	Count      int
}

type currencyView struct {
	Currency, Amount string
	Cards            int
}

// cut returns the rows to show, and how many rows are not shown.
func cut[T any](rows []T, total, limit int) ([]T, more) {
	shown := rows[:min(len(rows), limit)]
	return shown, more{CSV: len(rows) - len(shown), Nowhere: total - len(rows)}
}

func newView(r Report, zone *time.Location) view {
	t := times{now: r.Date, zone: zone}
	v := view{
		Headline: headline(r), Shop: clean(r.Shop, maxName), Namespace: clean(r.Namespace, maxName), Zone: zone.String(),
		Day: r.Date.In(zone).Format("Monday, 2 January 2006"), Window: t.window(r.Window),
		FailedTotal: r.failed(), RecoveredTotal: r.recovered(), RetryingTotal: r.retrying(), PollsTotal: r.failedPolls(),
		MixedTotal: r.mixed(), NativeTotal: r.native(), Reasons: reasons(r.FailedOrders),
		Stale: r.Watermark.Stale, Watermark: t.watermark(r.Watermark), Missed: t.missed(r.Missed),
		Issued: count(r.Issued.Orders, "order") + ", " + count(r.Issued.Cards, "card"),
	}
	v.FailedTitle = "Failed orders: " + number(r.failed()) + " (" + newness(r.fresh(), r.failed()) + ")"

	failed, rest := cut(r.FailedOrders, r.failed(), maxRows)
	v.FailedMore = rest
	for _, o := range failed {
		v.Failed = append(v.Failed, t.failed(o))
	}
	recovered, rest := cut(r.Recovered, r.recovered(), maxRows)
	v.RecoveredMore = rest
	for _, o := range recovered {
		v.Recovered = append(v.Recovered, newOrder(o.Name, o.OrderID, o.Kind, o.Link))
	}
	retrying, rest := cut(r.Retrying, r.retrying(), maxRows)
	v.RetryingMore = rest
	for _, o := range retrying {
		v.Retrying = append(v.Retrying, t.retrying(o))
	}
	polls, rest := cut(r.FailedPolls, r.failedPolls(), maxPolls)
	v.PollsMore = rest
	for _, p := range polls {
		v.Polls = append(v.Polls, pollView{
			At: t.moment(p.At), Kind: kindName(p.Kind), Message: clean(p.Message, maxMessage), Link: cleanLink(p.Link),
		})
	}
	v.LeftBefore, v.Refused = r.LeftBefore, clean(r.Refused, maxMessage)
	v.Mixed, v.MixedMore = cut(leftViews(r.left(giftcard.MixedOrder), r.Mixed), r.mixed(), maxLeft)
	v.LeftOtherwise = leftSections(r)
	v.Native, v.NativeMore = cut(leftViews(r.left(giftcard.NativeGiftCard), r.Native), r.native(), maxLeft)
	for _, c := range r.Issued.Currencies {
		v.Currencies = append(v.Currencies, currencyView{
			Currency: clean(c.Currency, maxName), Amount: clean(c.Amount, maxName), Cards: c.Cards,
		})
	}
	return v
}

// leftSection holds the orders that are left to people for one reason.
type leftSection struct {
	Title, Says string
	Orders      []leftView
	More        more
}

// otherReasons are the reasons for leaving orders to people, other than the two that have sections of their own.
var otherReasons = []struct {
	reason      giftcard.Reason
	title, says string
}{
	{
		giftcard.Underpaid, "Left out because money was refunded",
		"The payment, less refunds, does not cover the remaining gift cards. If a card is owed nevertheless, issue it with " +
			"'starter orders release'.",
	},
	{
		giftcard.PaidLate, "Left out because they were paid late",
		"They were already older than MAX_ORDER_AGE when they were paid. If a card is owed, issue it with 'starter orders " +
			"release'.",
	},
}

func leftSections(r Report) []leftSection {
	var out []leftSection
	for _, o := range otherReasons {
		orders := r.left(o.reason)
		if len(orders) == 0 {
			continue
		}
		s := leftSection{Title: o.title + ": " + number(len(orders)), Says: o.says}
		s.Orders, s.More = cut(leftViews(orders, nil), len(orders), maxLeft)
		out = append(out, s)
	}
	return out
}

// leftViews returns the views of orders that are left to people, and of orders of which only the name is known.
func leftViews(orders []LeftOrder, names []string) []leftView {
	var out []leftView
	for _, o := range orders {
		v := leftView{Name: newOrder(o.Name, o.OrderID, "", "").Name, Worth: count(o.Cards, "card"), Link: cleanLink(o.Link)}
		if o.Amount != "" {
			v.Worth += ", " + clean(o.Amount, maxName) + " " + clean(o.Currency, maxName)
		}
		out = append(out, v)
	}
	for _, name := range names {
		out = append(out, leftView{Name: clean(name, maxName)})
	}
	return out
}

func newOrder(name, id string, kind giftcard.Kind, link string) orderView {
	name = clean(name, maxName)
	if name == "" {
		name = "order " + clean(id, maxName)
	}
	return orderView{Name: name, Kind: kindName(kind), Link: cleanLink(link)}
}

func kindName(k giftcard.Kind) string {
	return cmp.Or(clean(string(k), maxName), "Unknown")
}

// reasons counts the kinds, most frequent first.
func reasons(orders []FailedOrder) []reasonView {
	counts := map[giftcard.Kind]int{}
	for _, o := range orders {
		counts[o.Kind]++
	}
	var out []reasonView
	for k, n := range counts {
		out = append(out, reasonView{Kind: kindName(k), Cure: cure(k), Count: n})
	}
	slices.SortFunc(out, func(a, b reasonView) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return out[:min(len(out), maxRows)]
}
