package board_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/board"
)

var noon = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

func address(id string) string { return "http://ui/" + id }

func card(number string) board.Card {
	return board.Card{AuditNumber: number, Merchant: "WS17", Amount: "50.00", Currency: "USD"}
}

// placed returns an order of two cards that was placed at noon.
func placed(change ...func(*board.Order)) board.Order {
	o := board.Order{ID: "5001", Name: "#1001", Kind: "several_units", Cards: 2, Placed: noon}
	for _, c := range change {
		c(&o)
	}
	return o
}

func sight(state board.State, reason string, attempt int) board.Sighting {
	return board.Sighting{ID: "5001", State: state, Reason: reason, Attempt: attempt, Link: "http://ui/5001"}
}

// Each piece of news is told once, and only what has changed is news.
func TestNews(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration, s ...board.Sighting) board.Look {
		return board.Look{At: noon.Add(d), Seen: noon.Add(d), Sightings: s}
	}
	cards := func(l board.Look, numbers ...string) board.Look {
		for _, n := range numbers {
			l.Cards = append(l.Cards, card(n))
		}
		return l
	}
	const second = time.Second
	tests := map[string]struct {
		order board.Order
		looks []board.Look
		// told has the text that each look makes news, empty if none.
		told []string
	}{
		"issued": {
			order: placed(),
			looks: []board.Look{
				after(second), after(2*second, sight(board.Running, "", 0)),
				cards(after(3*second, sight(board.Running, "", 0)), "SBX5001-A"), cards(after(4*second), "SBX5001-B"), after(5 * second),
			},
			told: []string{"", "", "", "issued 100.00 USD for WS17", ""},
		},
		"Temporal still calls an issued order running or failed": {
			order: placed(),
			looks: []board.Look{
				cards(after(second), "SBX5001-A", "SBX5001-B"), after(2*second, sight(board.Running, "", 0)),
				after(3*second, sight(board.Failed, "X", 0)),
			},
			told: []string{"issued 100.00 USD for WS17", "", ""},
		},
		"failed, run again, failed again, and issued": {
			order: placed(func(o *board.Order) { o.Intended = true }),
			looks: []board.Look{
				after(second, sight(board.Failed, "MerchantUnknown", 0)), after(2*second, sight(board.Failed, "MerchantUnknown", 0)),
				after(3*second, sight(board.Running, "", 0)), after(4*second, sight(board.Failed, "MerchantUnknown", 0)),
				after(5*second, sight(board.Failed, "Unauthorized", 0)),
				cards(after(6*second, sight(board.Failed, "Unauthorized", 0)), "SBX5001-A", "SBX5001-B"),
			},
			told: []string{
				"failed MerchantUnknown, as intended", "", "", "", "failed Unauthorized, as intended",
				"issued 100.00 USD for WS17 after Unauthorized",
			},
		},
		"retried: once for a reason, and whenever the attempts have doubled": {
			order: placed(),
			looks: []board.Look{
				after(second, sight(board.Retrying, "IssueCard Unavailable", 2)),
				after(2*second, sight(board.Retrying, "IssueCard Unavailable", 3)),
				after(3*second, board.Sighting{ID: "5001", State: board.Running, Brief: true}),
				after(4*second, sight(board.Retrying, "IssueCard Unavailable", 4)),
				after(5*second, sight(board.Retrying, "IssueCard Timeout", 5)),
				cards(after(6*second), "SBX5001-A", "SBX5001-B"),
			},
			told: []string{
				"retrying, attempt 2: IssueCard Unavailable", "", "", "retrying, attempt 4: IssueCard Unavailable",
				"retrying, attempt 5: IssueCard Timeout", "issued 100.00 USD for WS17",
			},
		},
		"some cards of a failed order": {
			order: placed(),
			looks: []board.Look{cards(after(second, sight(board.Failed, "InvalidRequest", 0)), "SBX5001-A")},
			told:  []string{"failed InvalidRequest (1 of 2 issued)"},
		},
		"a card too many": {
			order: placed(),
			looks: []board.Look{cards(after(second), "SBX5001-A", "SBX5001-B", "SBX5001-C")},
			told:  []string{"issued 150.00 USD for WS17 1 card too many"},
		},
		"left out, once a poll has looked well after it": {
			order: placed(func(o *board.Order) { o.NoGiftCards, o.Cards = true, 0 }),
			looks: []board.Look{after(2 * second), after(4 * second), after(5 * second)},
			told:  []string{"", "left out", ""},
		},
		"left to people, and settled": {
			order: placed(func(o *board.Order) { o.NoGiftCards, o.Kind = true, "mixed" }),
			looks: []board.Look{after(2*second, sight(board.Left, "mixed", 0)), after(8*second, sight(board.Settled, "", 0))},
			told:  []string{"left to people", "settled"},
		},
		"issued, and redacted": {
			order: placed(),
			looks: []board.Look{
				cards(after(second), "SBX5001-A", "SBX5001-B"), after(2*second, sight(board.Redacted, "redacted", 0)),
				after(3*second, sight(board.Settled, "", 0)), after(4 * second),
			},
			told: []string{"issued 100.00 USD for WS17", "redacted", "", ""},
		},
		"canceled": {
			order: placed(), looks: []board.Look{after(second, sight(board.Canceled, "Canceled", 0))}, told: []string{"canceled"},
		},
		"nobody takes it in": {
			order: placed(),
			looks: []board.Look{after(14 * second), after(15 * second), after(40 * second), after(41*second, sight(board.Running, "", 0))},
			told:  []string{"", "waiting: nothing has taken it in yet", "", ""},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := board.New(address)
			b.Place(tt.order)
			for i, look := range tt.looks {
				told := ""
				for _, o := range b.Update(look) {
					require.Equal(t, "#1001", o.Name)
					told += o.Text()
				}
				require.Equal(t, tt.told[i], told, "look %d", i)
			}
		})
	}
}

// Orders that somebody placed by hand are on the board as well, and cards that belong to no order.
func TestStrangers(t *testing.T) {
	t.Parallel()
	b := board.New(address)
	news := b.Update(board.Look{
		At: noon, Sightings: []board.Sighting{{ID: "5009", Name: "#1009", Cards: 1, State: board.Running, Link: "http://ui/5009"}},
		Cards: []board.Card{card("SBX5009-A"), card("stray")},
	})
	require.Len(t, news, 2)
	require.Equal(t, "#1009", news[0].Name)
	require.Equal(t, "issued 50.00 USD for WS17", news[0].Text())
	require.Equal(t, "http://ui/5009", b.Link("1009"))
	require.Equal(t, "http://ui/5009", b.Link("5009"))
	require.Empty(t, b.Link("1010"))
	require.Empty(t, news[1].ID)
	b.Place(board.Order{ID: "5009", Name: "#1009", Kind: "single", Cards: 1, Placed: noon})
	require.Empty(t, b.Update(board.Look{At: noon.Add(time.Hour)}), "what is known of an order survives that it is placed")
}

func TestCounts(t *testing.T) {
	t.Parallel()
	b := board.New(address)
	for _, id := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		b.Place(board.Order{ID: id, Name: "#" + id, Cards: 1, Placed: noon})
	}
	b.Update(board.Look{
		At: noon, Cards: []board.Card{card("SBX1-A")},
		Sightings: []board.Sighting{
			{ID: "2", State: board.Failed},
			{ID: "3", State: board.Canceled},
			{ID: "4", State: board.Left},
			{ID: "5", State: board.Settled},
			{ID: "6", State: board.Retrying},
			{ID: "7", State: board.Running},
			{ID: "9", State: board.Redacted},
		},
	})
	require.Equal(t, board.Counts{Placed: 9, Issued: 1, Failed: 2, Waiting: 3, Retrying: 1, LeftOut: 3, Cards: 1}, b.Counts())
	b.Update(board.Look{At: noon, Sightings: []board.Sighting{{ID: "1", State: board.Redacted}}})
	require.Equal(t, 1, b.Counts().Issued, "it was issued, though it is redacted")
	b.Update(board.Look{At: noon, Sightings: []board.Sighting{{ID: "6", State: board.Running, Brief: true}}})
	require.Equal(t, 1, b.Counts().Retrying, "a brief look does not know that the order is no longer retried")
	latest := b.Latest(3)
	require.Len(t, latest, 3)
	require.Equal(t, "#9", latest[0].Name)
	require.Len(t, b.Latest(100), 9)
}
