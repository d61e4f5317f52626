package digest

import (
	"cmp"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// maxRows is the number of rows of each list that text and HTML show at most; see [Render]. The CSV has all.
const maxRows = 200

// view is a report prepared for the templates: every value is cleaned, every time and number phrased.
type view struct {
	Title, Headline, Shop, Day, Window, Zone string
	// Alarms come before everything else.
	Alarms []alarmView
	// Sections group what is waiting by who has to act.
	Sections []sectionView
	// Listed says how many of the orders the mail lists, if it does not list all.
	Listed string
	// Uncounted is the number of failed orders that only the report's total includes.
	Uncounted  int
	LeftBefore int
	// Polls, Retrying and Recovered are nil if there are none.
	Polls               *pollsView
	Retrying, Recovered *groupView
	Issued              string
	Currencies          []currencyView
	CurrenciesMore      more
	Watermark           string
	Program             string
}

// alarmView is a box that stands out. Orders is nil if the alarm does not concern single orders.
type alarmView struct {
	Title, Says string
	Orders      *groupView
}

// sectionView holds the groups of orders for which one party has to act.
type sectionView struct {
	Title, Sum string
	Groups     []groupView
}

// groupView is a list of orders with the same explanation.
type groupView struct {
	// Title and Says are the explanation, and Kind is what the runbook calls it; all may be empty.
	Title, Kind, Says string
	Sum               string
	// About is the heading of the column with messages and times; empty if the rows have none.
	About string
	Rows  []rowView
	More  more
	// Todo is what the reader can do about the group.
	Todo todo
}

// rowView is an order. Every field except Name may be empty.
type rowView struct {
	Name, Link, Worth   string
	New                 bool
	Message, When, Soon string
	Audit               string
}

// more is the number of rows that are not shown: rows that are in the CSV, and rows that only the totals include.
type more struct{ CSV, Nowhere int }

type pollsView struct {
	Title, Now string
	Failed     []pollView
	More       more
}

type pollView struct{ When, Message string }

type currencyView struct {
	Amount string
	Cards  int
}

// cut returns the rows to show, and how many rows are not shown.
func cut[T any](rows []T, total, limit int) ([]T, more) {
	shown := rows[:min(len(rows), limit)]
	return shown, more{CSV: len(rows) - len(shown), Nowhere: max(total-len(rows), 0)}
}

// viewer makes a view of a report whose lists have at most limit rows.
type viewer struct {
	Report
	times
	limit          int
	listed, orders int
}

func newView(r Report, zone *time.Location, limit int) view {
	v := viewer{Report: r, times: times{now: r.Date, zone: zone}, limit: limit}
	w := waiting(r)
	out := view{
		Title: subject(r), Headline: w.headline(), Shop: clean(r.Shop, maxName), Zone: zone.String(),
		Day: r.Date.In(zone).Format("Monday, 2 January 2006"), Window: v.window(r.Window),
		Alarms: v.alarms(), Sections: v.sections(), Uncounted: max(r.failed()-len(r.FailedOrders), 0),
		LeftBefore: r.LeftBefore, Polls: v.polls(), Retrying: v.retried(), Recovered: v.recoveredOrders(),
		Issued: count(r.Issued.Orders, "order") + ", " + count(r.Issued.Cards, "card"), Program: Program,
	}
	if !r.Watermark.Stale {
		out.Watermark = v.watermark(r.Watermark)
	}
	if v.listed < v.orders {
		out.Listed = "This mail lists " + number(v.listed) + " of " + number(v.orders) + " orders. The attached CSV has all of them."
	}
	shown, rest := cut(r.Issued.Currencies, 0, limit)
	out.CurrenciesMore = more{Nowhere: rest.CSV} // The CSV has orders.
	for _, c := range shown {
		out.Currencies = append(out.Currencies, currencyView{Amount: amount(c.Amount, c.Currency), Cards: c.Cards})
	}
	return out
}

// rows returns the group's rows for the first of n orders, and notes how many of them are shown.
func (v *viewer) rows(g *groupView, n, total int, row func(i int) rowView) {
	shown := min(n, v.limit)
	for i := range shown {
		g.Rows = append(g.Rows, row(i))
	}
	g.More = more{CSV: n - shown, Nowhere: max(total-n, 0)}
	v.listed += shown
	v.orders += n
}

// leftGroup returns a group of orders that are left to people, and of orders of which only the name is known.
func (v *viewer) leftGroup(g groupView, orders []LeftOrder, names []string, total int) (groupView, sum) {
	var s sum
	for _, o := range orders {
		s.add(o.worth())
	}
	s.addUnknown(max(len(names), total-len(orders)))
	g.Sum = s.String()
	v.rows(&g, len(orders)+len(names), total, func(i int) rowView {
		if i >= len(orders) {
			return rowView{Name: clean(names[i-len(orders)], maxName)}
		}
		o := orders[i]
		return rowView{Name: orderName(o.Name, o.OrderID), Link: cleanLink(o.Link), Worth: o.worth().phrase()}
	})
	return g, s
}

// sections groups the orders that are waiting by who has to act, and then by what there is to do.
func (v *viewer) sections() []sectionView {
	groups, sums := map[party][]groupView{}, map[party]*sum{}
	add := func(who party, g groupView, s sum) {
		groups[who] = append(groups[who], g)
		if sums[who] == nil {
			sums[who] = &sum{}
		}
		sums[who].merge(s)
	}
	for _, kind := range kindsOf(v.FailedOrders) {
		g, s := v.failedGroup(kind, ofKind(v.FailedOrders, kind))
		add(explain(kind).who, g, s)
	}
	for _, l := range leftReasons {
		orders, names, total := v.leftFor(l), []string(nil), 0
		if l.reason == giftcard.MixedOrder {
			names, total = v.Mixed, v.mixed()
		}
		if len(orders)+len(names)+total == 0 {
			continue
		}
		g, s := v.leftGroup(groupView{Title: l.title, Says: l.says, Todo: leftTodo(orders, len(orders)+len(names))}, orders, names, total)
		add(shop, g, s)
	}
	var out []sectionView
	for _, p := range parties {
		if len(groups[p.party]) > 0 {
			title := p.title
			if p.party == nobody && !v.Reruns {
				title = "Ready to be run again"
			}
			out = append(out, sectionView{Title: title, Sum: sums[p.party].String(), Groups: groups[p.party]})
		}
	}
	return out
}

// kindsOf returns the kinds of failed orders, most frequent first. Kinds without an explanation of their own count as
// one, the empty kind.
func kindsOf(orders []FailedOrder) []giftcard.Kind {
	counts := map[giftcard.Kind]int{}
	for _, o := range orders {
		counts[explained(o.Kind)]++
	}
	kinds := make([]giftcard.Kind, 0, len(counts))
	for k := range counts {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b giftcard.Kind) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return kinds
}

// explained returns a kind that has an explanation of its own, or the empty kind.
func explained(k giftcard.Kind) giftcard.Kind {
	if _, ok := explanations[k]; ok {
		return k
	}
	return ""
}

func ofKind(orders []FailedOrder, kind giftcard.Kind) []FailedOrder {
	var out []FailedOrder
	for _, o := range orders {
		if explained(o.Kind) == kind {
			out = append(out, o)
		}
	}
	return out
}

func (v *viewer) failedGroup(kind giftcard.Kind, orders []FailedOrder) (groupView, sum) {
	var s sum
	for _, o := range orders {
		s.add(o.Worth)
	}
	e := explain(kind)
	g := groupView{
		Title: e.title, Kind: string(kind), Says: e.says, Sum: s.String(), About: "What happened",
		Todo: failedTodo(kind, orders, v.Reruns),
	}
	v.rows(&g, len(orders), 0, func(i int) rowView { return v.failedRow(orders[i]) })
	return g, s
}

// retried returns the orders that are being retried.
func (v *viewer) retried() *groupView {
	if v.retrying() == 0 {
		return nil
	}
	g := groupView{
		Title: "Being tried right now: " + count(v.retrying(), "order"), About: "Since when, and why",
		Says: "These orders have been in progress for more than an hour because a request keeps failing. Nobody has to act: " +
			"giftbridge goes on trying. An order for which it gives up is listed as failed in the next mail.",
	}
	v.rows(&g, len(v.Retrying), v.retrying(), func(i int) rowView { return v.retryingRow(v.Retrying[i]) })
	return &g
}

// recoveredOrders returns the orders that had failed and have their cards now.
func (v *viewer) recoveredOrders() *groupView {
	if v.recovered() == 0 {
		return nil
	}
	g := groupView{
		Title: "Recovered: " + count(v.recovered(), "order"), Says: "These orders had failed, and now have their cards.",
		About: "What had happened",
	}
	v.rows(&g, len(v.Recovered), v.recovered(), func(i int) rowView {
		o := v.Recovered[i]
		return rowView{
			Name: orderName(o.Name, o.OrderID), Link: cleanLink(o.ShopLink), Worth: o.phrase(),
			Message: explain(o.Kind).title,
		}
	})
	return &g
}

// polls returns why giftbridge could not look for new orders, or nil if it could.
func (v *viewer) polls() *pollsView {
	if v.failedPolls() == 0 {
		return nil
	}
	out := &pollsView{Title: "giftbridge could not look for new orders: " + count(v.failedPolls(), "time")}
	if !v.Watermark.Stale {
		out.Now = v.polling(v.Polling)
	}
	var shown []FailedPoll
	shown, out.More = cut(v.FailedPolls, v.failedPolls(), min(v.limit, maxPolls))
	for _, p := range shown {
		out.Failed = append(out.Failed, pollView{When: v.moment(p.At), Message: reason(p.Kind, p.Message)})
	}
	return out
}

// maxPolls is the number of failed polls that text and HTML show at most.
const maxPolls = 5

// reason returns why something failed: the message if there is one, or else what is known of its kind.
func reason(kind giftcard.Kind, message string) string {
	return cmp.Or(clean(message, maxMessage), explanations[kind].title, clean(string(kind), maxName))
}

// alarms returns what comes before everything else.
func (v *viewer) alarms() []alarmView {
	var out []alarmView
	if n := v.native(); n > 0 {
		g, _ := v.leftGroup(groupView{}, v.left(giftcard.NativeGiftCard), v.Native, n)
		out = append(out, alarmView{Title: native.title, Says: native.says, Orders: &g})
	}
	if v.Refused != "" {
		out = append(out, alarmView{
			Title: "The last digest did not reach all recipients",
			Says:  clean(v.Refused, maxMessage) + ". Correct DIGEST_TO, or ask the operator of the mail server.",
		})
	}
	if says := v.missed(v.Missed); says != "" {
		out = append(out, alarmView{Title: "Orders were missed", Says: says})
	}
	if v.Watermark.Stale {
		says := v.watermark(v.Watermark)
		if now := v.polling(v.Polling); now != "" {
			says += " " + now
		}
		out = append(out, alarmView{Title: "New orders are not seen", Says: says})
	}
	return out
}

// leftFor returns the orders that are left to people with the given explanation.
func (v *viewer) leftFor(l leftReason) []LeftOrder {
	var out []LeftOrder
	for _, o := range v.Left {
		if leftBy(o.Reason).state == l.state {
			out = append(out, o)
		}
	}
	return out
}

func (o LeftOrder) worth() Worth {
	return Worth{Cards: o.Cards, Amount: o.Amount, Currency: o.Currency}
}

// orderName returns what people call an order.
func orderName(name, id string) string {
	if name = clean(name, maxName); name != "" {
		return name
	}
	return "order " + clean(id, maxName)
}
