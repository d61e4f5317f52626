package relayed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/relayed"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// at returns a time some seconds after noon.
func at(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

// request is a webhook of order 7, or of a product, that the shop was told is taken. Its body is written as a letter.
func request(topic, body string, began float64) relayed.Request {
	return relayed.Request{
		Topic: topic, Subject: 7, BodyHash: body, Size: 100, Status: 200, Began: at(began), At: at(began + 0.1),
		UpdatedAt: at(began).Truncate(time.Second),
	}
}

// taken is the same event at the ERP.
func taken(r relayed.Request, when float64) relayed.Taken {
	endpoint, _, _ := strings.Cut(r.Topic, "/")
	if endpoint != "products" {
		endpoint = "orders"
	}
	return relayed.Taken{
		Endpoint: endpoint, Topic: r.Topic, Resource: "7", BodyHash: r.BodyHash, ID: r.Topic + r.BodyHash, UpdatedAt: r.UpdatedAt,
		At: at(when), AnsweredAt: at(when + 0.1),
	}
}

// books are those of three events that came as they should.
func books() relayed.Books {
	a, b, c := request("orders/create", "a", 0), request("orders/updated", "b", 2), request("fulfillments/create", "c", 4)
	return relayed.Books{
		Requests: []relayed.Request{a, b, c}, Taken: []relayed.Taken{taken(a, 1), taken(b, 3), taken(c, 5)}, Patience: 5 * time.Second,
	}
}

func judge(b relayed.Books) relayed.Tally {
	b.Counted += len(b.Requests)
	return b.Judge()
}

func TestAllWell(t *testing.T) {
	t.Parallel()
	tally := judge(books())
	require.Empty(t, tally.Wrong)
	require.Equal(t, 3, tally.Events)
	require.Equal(t, 3, tally.Delivered)
	require.InDelta(t, 0.9, tally.Wait, 0.01)
	require.InDelta(t, 0.9, tally.LongestWait, 0.01)
	var out strings.Builder
	tally.Print(func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) })
	require.Contains(t, out.String(), "events for the ERP 3\n  delivered        3\n")
	require.Contains(t, out.String(), "0.90s median")
}

// What there is a reason for is no fault.
func TestExplained(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*relayed.Books)
		counts func(relayed.Tally) int
		n      int
	}{
		"announced again": {func(b *relayed.Books) {
			again := b.Requests[0]
			again.Trouble, again.Began, again.At = "replayed", at(20), at(20.1)
			b.Requests, b.Taken = append(b.Requests, again), append(b.Taken, stale(taken(again, 21)))
		}, func(t relayed.Tally) int { return t.Doubled }, 1},
		"left out at first, and sent again": {func(b *relayed.Books) {
			old, newer := request("products/update", "o", 1), request("products/update", "n", 2)
			again, late := old, stale(taken(old, 21))
			again.Began, again.At = at(20), at(20.1)
			b.Requests, b.Taken = append(b.Requests, old, newer, again), append(b.Taken, taken(newer, 9), late)
		}, func(t relayed.Tally) int { return t.Delivered }, 5},
		"the shop was told that it is not taken": {func(b *relayed.Books) {
			first := b.Requests[2]
			first.Status, first.Began, first.At = 503, at(3), at(3.1)
			b.Requests, b.Taken = append(b.Requests, first), append(b.Taken, taken(first, 9))
		}, func(t relayed.Tally) int { return t.Doubled }, 1},
		"an answer was lost": {func(b *relayed.Books) {
			b.Taken[2].AnsweredAt = time.Time{}
			b.Taken = append(b.Taken, taken(b.Requests[2], 9))
		}, func(t relayed.Tally) int { return t.Doubled }, 1},
		"an answer was slow": {func(b *relayed.Books) {
			b.Taken[2].AnsweredAt = at(8)
			b.Taken = append(b.Taken, taken(b.Requests[2], 9))
		}, func(t relayed.Tally) int { return t.Doubled }, 1},
		"a worker died": {func(b *relayed.Books) {
			b.Deaths = []time.Time{at(6)}
			b.Taken = append(b.Taken, taken(b.Requests[2], 50))
		}, func(t relayed.Tally) int { return t.Doubled }, 1},
		"Temporal died while it was kept": {func(b *relayed.Books) {
			b.Deaths = []time.Time{at(4.05)}
			b.Taken = append(b.Taken, taken(b.Requests[2], 6))
		}, func(t relayed.Tally) int { return t.Doubled }, 1},
		"announced at the same time": {func(b *relayed.Books) {
			b.Requests[1].Began = at(0)
			b.Taken[0], b.Taken[1] = b.Taken[1], b.Taken[0]
		}, func(t relayed.Tally) int { return t.Delivered }, 3},
		"only seconds older": {func(b *relayed.Books) {
			old := request("orders/updated", "d", 4.5)
			old.UpdatedAt = at(3)
			b.Requests, b.Taken = append(b.Requests, old), append(b.Taken, taken(old, 6))
		}, func(t relayed.Tally) int { return t.Delivered }, 4},
		"marked": {func(b *relayed.Books) {
			old := request("orders/updated", "d", 20)
			old.UpdatedAt = at(1)
			b.Requests, b.Taken = append(b.Requests, old), append(b.Taken, stale(taken(old, 21)))
		}, func(t relayed.Tally) int { return t.Stale }, 1},
		"late, after newer states of fulfilments": {func(b *relayed.Books) {
			add(b, parcel("8", "d", 30, 31), parcel("9", "e", 20, 41), parcel("", "f", 10, 51))
		}, func(t relayed.Tally) int { return t.Delivered }, 6},
		"an older state of a fulfilment": {func(b *relayed.Books) {
			old := parcel("8", "e", 20, 41)
			old.Stale = true
			add(b, parcel("8", "d", 30, 31), old)
		}, func(t relayed.Tally) int { return t.Stale }, 1},
		"coalesced": {func(b *relayed.Books) {
			old, newer := request("products/update", "o", 1), request("products/update", "n", 2)
			b.Requests, b.Taken = append(b.Requests, old, newer), append(b.Taken, taken(newer, 9))
		}, func(t relayed.Tally) int { return t.Coalesced }, 1},
		"left to people": {func(b *relayed.Books) {
			b.Taken = b.Taken[:2]
			b.GivenUp = map[string]int{"orders/7": 1}
			b.Undelivered = []relayed.Undelivered{{Endpoint: "orders", Resource: "7", Topic: "fulfillments/create", BodyHash: "c"}}
		}, func(t relayed.Tally) int { return t.Undelivered }, 1},
		"a body that is too large": {func(b *relayed.Books) {
			big := request("orders/paid", "big", 6)
			big.Trouble, big.Size = "oversized", 5<<20
			notice := taken(big, 7)
			notice.BodyHash, notice.Oversized, notice.UpdatedAt = "small", 5<<20, time.Time{}
			b.Requests, b.Taken = append(b.Requests, big), append(b.Taken, notice)
		}, func(t relayed.Tally) int { return t.Notices }, 1},
		"a signed copy of another topic": {func(b *relayed.Books) {
			other := request("orders/updated", "b", 6)
			other.Trouble, other.Stated = "cross_topic", "orders/cancelled"
			came := taken(other, 7)
			came.Topic, came.ID = "orders/cancelled", "x"
			b.Requests, b.Taken = append(b.Requests, other), append(b.Taken, came)
		}, func(t relayed.Tally) int { return t.Delivered }, 3},
		"copies that were refused": {func(b *relayed.Books) {
			for _, trouble := range []string{"forged", "unsigned"} {
				copied := request("orders/updated", "b", 6)
				copied.Trouble, copied.Status = trouble, 401
				b.Requests = append(b.Requests, copied)
			}
		}, func(t relayed.Tally) int { return t.Events }, 3},
		"not for the ERP": {func(b *relayed.Books) {
			b.Requests = append(b.Requests, request("variants/in_stock", "v", 6), request("app/uninstalled", "u", 6))
		}, func(t relayed.Tally) int { return t.Events }, 3},
		"not taken": {func(b *relayed.Books) {
			lost := request("orders/paid", "lost", 6)
			lost.Status = 503
			b.Requests = append(b.Requests, lost)
		}, func(t relayed.Tally) int { return t.Events }, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := books()
			tt.change(&b)
			tally := judge(b)
			require.Empty(t, tally.Wrong)
			require.Equal(t, tt.n, tt.counts(tally))
		})
	}
}

// parcel is an event of a fulfilment, or of the order if object is empty, with the state of a time. It was announced just before it was taken.
func parcel(object, body string, updated, when float64) relayed.Taken {
	topic := "fulfillments/update"
	if object == "" {
		topic = "orders/paid"
	}
	d := taken(request(topic, body, updated), when)
	d.Object = object
	return d
}

// add has events announced and taken.
func add(b *relayed.Books, all ...relayed.Taken) {
	for _, d := range all {
		r := request(d.Topic, d.BodyHash, 0)
		r.UpdatedAt, r.Began, r.At = d.UpdatedAt, d.At.Add(-time.Second), d.At.Add(-time.Second/2)
		b.Requests, b.Taken = append(b.Requests, r), append(b.Taken, d)
	}
}

func stale(d relayed.Taken) relayed.Taken {
	d.Stale = true
	return d
}

// Each fault, planted, is found.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*relayed.Books)
		count  func(relayed.Tally) int
		says   string
	}{
		"missing": {func(b *relayed.Books) { b.Taken = b.Taken[:2] }, missing, "missing: fulfillments/create of orders/7"},
		"missing, and another was left to people": {func(b *relayed.Books) {
			b.Taken = b.Taken[:2]
			b.Undelivered = []relayed.Undelivered{{Endpoint: "orders", Resource: "7", Topic: "orders/paid", BodyHash: "c"}}
		}, missing, "missing: fulfillments/create"},
		"a notice is missing": {func(b *relayed.Books) {
			big := request("orders/paid", "big", 6)
			big.Trouble, big.Size = "oversized", 5<<20
			b.Requests = append(b.Requests, big)
		}, missing, "missing: orders/paid"},
		"a body has changed":     {func(b *relayed.Books) { b.Taken[1].BodyHash = "B" }, changed, "which the shop has not sent so"},
		"a topic has changed":    {func(b *relayed.Books) { b.Taken[1].Topic = "orders/paid" }, changed, "changed: the ERP has taken orders/paid"},
		"a resource has changed": {func(b *relayed.Books) { b.Taken[1].Resource = "8" }, changed, "came as an event of 8"},
		"a forged webhook came": {func(b *relayed.Books) {
			bad := request("orders/paid", "x", 6)
			bad.Trouble, bad.Status = "forged", 401
			b.Requests, b.Taken = append(b.Requests, bad), append(b.Taken, taken(bad, 7))
		}, changed, "which the shop has not sent so"},
		"a forged webhook was accepted": {func(b *relayed.Books) {
			bad := request("orders/paid", "x", 6)
			bad.Trouble = "forged"
			b.Requests = append(b.Requests, bad)
		}, changed, "changed: a forged webhook was accepted"},
		"the ERP could not read it": {func(b *relayed.Books) {
			b.Refused = map[string]int{"no signature is right": 2}
		}, changed, "the ERP has refused 2 requests: no signature is right"},
		"one ID for two events": {func(b *relayed.Books) { b.Taken[1].ID = b.Taken[0].ID }, changed, "has the ID of another event"},
		"two IDs for one event": {func(b *relayed.Books) {
			b.Taken[2].AnsweredAt = time.Time{}
			again := taken(b.Requests[2], 9)
			again.ID = "another"
			b.Taken = append(b.Taken, again)
		}, twice, "came with two IDs"},
		"twice": {func(b *relayed.Books) { b.Taken = append(b.Taken, taken(b.Requests[2], 9)) }, twice, "came 2 times"},
		"twice, long before a worker died": {func(b *relayed.Books) {
			b.Deaths = []time.Time{at(40)}
			b.Taken = append(b.Taken, taken(b.Requests[2], 50))
		}, twice, "came 2 times"},
		"twice, at once after a worker died": {func(b *relayed.Books) {
			b.Deaths = []time.Time{at(6)}
			b.Taken = append(b.Taken, taken(b.Requests[2], 9))
		}, twice, "came 2 times"},
		"a lost answer explains one": {func(b *relayed.Books) {
			b.Taken[2].AnsweredAt = time.Time{}
			b.Taken = append(b.Taken, taken(b.Requests[2], 9), taken(b.Requests[2], 10))
		}, twice, "came 3 times"},
		"out of order": {func(b *relayed.Books) { b.Taken[0], b.Taken[1] = b.Taken[1], b.Taken[0] }, unordered, "out of order: orders/updated"},
		"out of order, not sent again": {func(b *relayed.Books) {
			old, newer := request("products/update", "o", 1), request("products/update", "n", 2)
			late := taken(old, 20)
			late.Stale = true
			b.Requests, b.Taken = append(b.Requests, old, newer), append(b.Taken, taken(newer, 9), late)
		}, unordered, "out of order: products/update"},
		"left out for an older state": {func(b *relayed.Books) {
			old, newer := request("products/update", "o", 1), request("products/update", "n", 2)
			b.Requests, b.Taken = append(b.Requests, old, newer), append(b.Taken, taken(old, 9))
		}, missing, "missing: products/update of products/7 was left out"},
		"left out for what never came": {func(b *relayed.Books) {
			b.Requests = append(b.Requests, request("products/update", "o", 1), request("products/update", "n", 2))
		}, func(t relayed.Tally) int { return t.Missing - 1 }, "was left out, and no newer state came"},
		"left out for what had come before": {func(b *relayed.Books) {
			newer, late := request("products/update", "n", 1), request("products/update", "o", 20)
			late.UpdatedAt = newer.UpdatedAt
			b.Requests, b.Taken = append(b.Requests, newer, late), append(b.Taken, taken(newer, 2))
		}, missing, "was left out, and no newer state came"},
		"an order's event was left out": {func(b *relayed.Books) {
			b.Requests = append(b.Requests, request("orders/updated", "d", 1))
		}, missing, "missing: orders/updated"},
		"no mark": {func(b *relayed.Books) {
			old := request("orders/updated", "d", 20)
			old.UpdatedAt = at(1)
			b.Requests, b.Taken = append(b.Requests, old), append(b.Taken, taken(old, 21))
		}, mismarked, "is older than what came before, and not marked"},
		"no mark of a fulfilment": {func(b *relayed.Books) {
			add(b, parcel("8", "d", 30, 31), parcel("8", "e", 20, 41))
		}, mismarked, "is older than what came before, and not marked"},
		"a mark for a newer state of another fulfilment": {func(b *relayed.Books) {
			add(b, parcel("8", "d", 30, 31), stale(parcel("9", "e", 20, 41)))
		}, mismarked, "nothing newer came before"},
		"a mark for a newer state of a fulfilment": {func(b *relayed.Books) {
			add(b, parcel("8", "d", 30, 31), stale(parcel("", "e", 20, 41)))
		}, mismarked, "nothing newer came before"},
		"a mark without a reason": {func(b *relayed.Books) { b.Taken[1].Stale = true }, mismarked, "nothing newer came before"},
		"unseen": {func(b *relayed.Books) {
			b.GivenUp = map[string]int{"orders/7": 1}
		}, func(t relayed.Tally) int { return t.Unseen }, "unseen: an event of orders/7 was given up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := books()
			tt.change(&b)
			tally := judge(b)
			require.Equal(t, 1, tt.count(tally), tally.Wrong)
			require.Contains(t, strings.Join(tally.Wrong, "\n"), tt.says)
		})
	}
}

func missing(t relayed.Tally) int   { return t.Missing }
func changed(t relayed.Tally) int   { return t.Changed }
func twice(t relayed.Tally) int     { return t.Twice }
func unordered(t relayed.Tally) int { return t.Unordered }
func mismarked(t relayed.Tally) int { return t.Mismarked }

// Books that are not whole show nothing.
func TestBooksThatAreNotWhole(t *testing.T) {
	t.Parallel()
	b := books()
	b.Counted = 1
	require.Equal(t, []string{"the shop has sent 4 requests, and its list has 3"}, judge(b).Wrong)
	b = books()
	b.Waiting = 2
	require.Equal(t, []string{"events of 2 orders or products still wait"}, judge(b).Wrong)
}
