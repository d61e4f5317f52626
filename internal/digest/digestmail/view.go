package digestmail

import (
	"cmp"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/headline"
	"github.com/giftbridge/giftbridge/internal/digest/notes"
	"github.com/giftbridge/giftbridge/internal/digest/phrases"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
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
	// Acting introduces the links that act; empty if there are none.
	Acting string
	// Uncounted is the number of failed orders that only the report's total includes.
	Uncounted  int
	LeftBefore int
	// Polls, Retrying and Recovered are nil if there are none.
	Polls               *pollsView
	Retrying, Recovered *groupView
	Issued, Later       string
	Currencies          []currencyView
	CurrenciesMore      more
	Watermark           string
	Program             string
}

// alarmView is a box that stands out. Orders is nil if the alarm does not concern single orders.
type alarmView struct {
	Title, Says string
	Todos       []todo.Item
	Orders      *groupView
}

// sectionView holds the groups of orders for which one party has to act. Sum is empty if no order waits for it.
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
	// Notes are what is not about orders, and NotesOf is the heading of the column with their names.
	Notes   []noteView
	NotesOf string
	// Todos are what the reader can do about the group.
	Todos []todo.Item
}

// rowView is an order. Every field except Name may be empty.
type rowView struct {
	Name, Link, Worth   string
	New                 bool
	Message, When, Soon string
	Audit               string
	// Acts are the links that act on the order.
	Acts []actView
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
	digest.Report
	say            phrases.Times
	limit          int
	links          Links
	listed, orders int
	acts           int
}

func newView(r digest.Report, zone *time.Location, limit int, links Links) view {
	v := viewer{Report: r, say: phrases.Times{Now: r.Date, Zone: zone}, limit: limit, links: links}
	out := view{
		Title: headline.Subject(r), Headline: headline.Of(r), Shop: words.Name(r.Shop), Zone: zone.String(),
		Day: r.Date.In(zone).Format("Monday, 2 January 2006"), Window: v.say.Window(r.Window),
		Alarms: v.alarms(), Sections: v.sections(), Uncounted: max(r.CountFailed()-len(r.FailedOrders), 0),
		LeftBefore: r.LeftBefore, Polls: v.polls(), Retrying: v.retried(), Recovered: v.recoveredOrders(),
		Issued: words.Count(r.Issued.Orders, "order") + ", " + words.Count(r.Issued.Cards, "card"), Later: v.say.Later(r.Later), Program: buildinfo.Program,
	}
	if v.acts > 0 {
		out.Acting = links.says()
	}
	if !r.Watermark.Stale {
		out.Watermark = v.say.Watermark(r.Watermark)
	}
	if v.listed < v.orders {
		out.Listed = "This mail lists " + words.Number(v.listed) + " of " + words.Number(v.orders) + " orders. The attached CSV has all of them."
	}
	shown, rest := cut(r.Issued.Currencies, 0, limit)
	out.CurrenciesMore = more{Nowhere: rest.CSV} // The CSV has orders.
	for _, c := range shown {
		out.Currencies = append(out.Currencies, currencyView{Amount: words.Amount(c.Amount, c.Currency), Cards: c.Cards})
	}
	return out
}

// rows returns the group's rows for the first of n orders, and notes how many of them are shown.
func (v *viewer) rows(g *groupView, n, total int, row func(i int) rowView) {
	shown := min(n, v.limit)
	for i := range shown {
		g.Rows = append(g.Rows, row(i))
		v.acts += len(g.Rows[i].Acts)
	}
	g.More = more{CSV: n - shown, Nowhere: max(total-n, 0)}
	v.listed += shown
	v.orders += n
}

// leftGroup returns a group of orders that are left to people, and of orders of which only the name is known.
func (v *viewer) leftGroup(g groupView, orders []digest.LeftOrder, names []string, total int) (groupView, words.Sum) {
	var s words.Sum
	for _, o := range orders {
		s.Add(o.Worth())
	}
	s.AddUnknown(max(len(names), total-len(orders)))
	g.Sum = s.String()
	v.rows(&g, len(orders)+len(names), total, func(i int) rowView {
		if i >= len(orders) {
			return rowView{Name: words.Name(names[i-len(orders)])}
		}
		o := orders[i]
		return rowView{
			Name: words.Order(o.Name, o.OrderID), Link: words.Link(o.Link), Worth: words.Worth(o.Worth()), Acts: v.links.left(o),
		}
	})
	return g, s
}

// parties are who has to act, in the order in which the mail names them.
var parties = []struct {
	party digest.Party
	title string
}{
	{digest.Shop, "You"},
	{digest.Issuer, "The issuer of the cards"},
	{digest.Operator, "The operator of giftbridge"},
	{digest.Nobody, "Nobody (giftbridge tries again)"},
}

// sections groups the orders that are waiting by who has to act, and then by what there is to do.
func (v *viewer) sections() []sectionView {
	groups, sums := map[digest.Party][]groupView{}, map[digest.Party]*words.Sum{}
	add := func(who digest.Party, g groupView, s words.Sum) {
		groups[who] = append(groups[who], g)
		if sums[who] == nil {
			sums[who] = &words.Sum{}
		}
		sums[who].Merge(s)
	}
	for _, kind := range kindsOf(v.FailedOrders) {
		g, s := v.failedGroup(kind, ofKind(v.FailedOrders, kind))
		add(digest.Explain(kind).Who, g, s)
	}
	for _, l := range digest.LeftReasons {
		orders, names, total := v.leftFor(l), []string(nil), 0
		if l.Reason == giftcard.MixedOrder {
			names, total = v.Mixed, v.CountMixed()
		}
		if len(orders)+len(names)+total == 0 {
			continue
		}
		todos := todo.Left(l.Reason, orders, len(orders)+len(names))
		g, s := v.leftGroup(groupView{Title: l.Title, Says: l.Says, Todos: todos}, orders, names, total)
		add(digest.Shop, g, s)
	}
	changed, sum := v.changedGroups()
	for i, g := range changed {
		add(digest.Shop, g, sum[i])
	}
	// What follows waits for no card, so no sum includes it.
	if len(v.Disputed) > 0 {
		add(digest.Shop, v.disputedGroup(), words.Sum{})
	}
	v.addMaking(add)
	v.addRedeeming(add)
	for _, n := range slices.Concat(notes.Unsent(v.say, v.Unsent), notes.Relaying(v.say, v.Relaying)) {
		add(n.Who, v.notesOf(n), words.Sum{})
	}
	ofShop, ofOperator := v.watchGroups()
	for _, g := range ofShop {
		add(digest.Shop, g, words.Sum{})
	}
	for _, g := range ofOperator {
		add(digest.Operator, g, words.Sum{})
	}
	var out []sectionView
	for _, p := range parties {
		if len(groups[p.party]) > 0 {
			title := p.title
			if p.party == digest.Nobody && !v.Reruns {
				title = "Ready to be run again"
			}
			section := sectionView{Title: title, Groups: groups[p.party]}
			if sum := sums[p.party]; sum.Orders > 0 {
				section.Sum = sum.String()
			}
			out = append(out, section)
		}
	}
	return out
}

// kindsOf returns the kinds of failed orders, most frequent first. Kinds without an explanation of their own count as
// one, the empty kind.
func kindsOf(orders []digest.FailedOrder) []giftcard.Kind {
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
	if digest.Explained(k) {
		return k
	}
	return ""
}

func ofKind(orders []digest.FailedOrder, kind giftcard.Kind) []digest.FailedOrder {
	var out []digest.FailedOrder
	for _, o := range orders {
		if explained(o.Kind) == kind {
			out = append(out, o)
		}
	}
	return out
}

func (v *viewer) failedGroup(kind giftcard.Kind, orders []digest.FailedOrder) (groupView, words.Sum) {
	var s words.Sum
	for _, o := range orders {
		s.Add(o.Worth)
	}
	e := digest.Explain(kind)
	g := groupView{
		Title: e.Title, Kind: string(kind), Says: e.Says, Sum: s.String(), About: "What happened",
		Todos: todo.Failed(kind, orders, v.Reruns),
	}
	v.rows(&g, len(orders), 0, func(i int) rowView {
		row := v.failedRow(orders[i])
		row.Acts = v.links.failed(orders[i])
		return row
	})
	return g, s
}

// retried returns the orders that are being retried.
func (v *viewer) retried() *groupView {
	if v.CountRetrying() == 0 {
		return nil
	}
	g := groupView{
		Title: "Being tried right now: " + words.Count(v.CountRetrying(), "order"), About: "Since when, and why",
		Says: "These orders have been in progress for more than an hour because a request keeps failing. Nobody has to act: " +
			"giftbridge goes on trying. An order for which it gives up is listed as failed in the next mail.",
	}
	v.rows(&g, len(v.Retrying), v.CountRetrying(), func(i int) rowView { return v.retryingRow(v.Retrying[i]) })
	return &g
}

// recoveredOrders returns the orders that had failed and have their cards now.
func (v *viewer) recoveredOrders() *groupView {
	if v.CountRecovered() == 0 {
		return nil
	}
	g := groupView{
		Title: "Recovered: " + words.Count(v.CountRecovered(), "order"), Says: "These orders had failed, and now have their cards.",
		About: "What had happened",
	}
	v.rows(&g, len(v.Recovered), v.CountRecovered(), func(i int) rowView {
		o := v.Recovered[i]
		return rowView{
			Name: words.Order(o.Name, o.OrderID), Link: words.Link(o.ShopLink), Worth: words.Worth(o.Worth),
			Message: digest.Explain(o.Kind).Title,
		}
	})
	return &g
}

// polls returns why giftbridge could not look for new orders, or nil if it could.
func (v *viewer) polls() *pollsView {
	if v.CountFailedPolls() == 0 {
		return nil
	}
	out := &pollsView{Title: "giftbridge could not look for new orders: " + words.Count(v.CountFailedPolls(), "time")}
	if !v.Watermark.Stale {
		out.Now = v.say.Polling(v.Polling)
	}
	var shown []digest.FailedPoll
	shown, out.More = cut(v.FailedPolls, v.CountFailedPolls(), min(v.limit, maxPolls))
	for _, p := range shown {
		out.Failed = append(out.Failed, pollView{When: v.say.Moment(p.At), Message: phrases.Reason(p.Kind, p.Message)})
	}
	return out
}

// maxPolls is the number of failed polls that text and HTML show at most.
const maxPolls = 5

// leftFor returns the orders that are left to people with the given explanation.
func (v *viewer) leftFor(l digest.LeftReason) []digest.LeftOrder {
	var out []digest.LeftOrder
	for _, o := range v.Left {
		if digest.LeftBy(o.Reason).State == l.State {
			out = append(out, o)
		}
	}
	return out
}
