package board_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/board"
)

const page = "http://127.0.0.1:8234/"

func issued(numbers ...string) board.Order {
	o := placed(func(o *board.Order) { o.State, o.Cards = board.Issued, len(numbers) })
	for _, n := range numbers {
		o.Issued = append(o.Issued, card(n))
	}
	return o
}

func failed(change ...func(*board.Order)) board.Order {
	return placed(append([]func(*board.Order){func(o *board.Order) {
		o.ID, o.Name, o.Kind, o.Cards, o.State, o.Reason = "5386", "#1386", "late_merchant", 1, board.Failed, "MerchantUnknown"
		o.Link = "http://127.0.0.1:8233/namespaces/default/workflows/gift-card-order%2Fsandbox.myshopify.com%2F5386/x"
	}}, change...)...)
}

// What was placed, its cards and what became of it are on one line, and no line is broken in the middle of a word.
func TestLines(t *testing.T) {
	t.Parallel()
	retried := func(message string) board.Order {
		return failed(func(o *board.Order) {
			o.State, o.Reason, o.Attempt, o.Message = board.Retrying, "IssueCard Unavailable", 3, message
		})
	}
	tests := map[string]struct {
		order        board.Order
		narrow, wide string
	}{
		"issued": {
			issued("SBX5001-AAAAAAAAAAAA"),
			"  12.4s #1001   several_units    1 card   issued 50.00 USD for WS17\n",
			"  12.4s #1001   several_units    1 card   issued 50.00 USD for WS17 SBX5001-AAAAAAAAAAAA\n",
		},
		"cards that fit on no line are left away": {
			issued(strings.Split(strings.Repeat("SBX5000000001001-AAAAAAAAAAAA ", 5), " ")[:5]...),
			"  12.4s #1001   several_units    5 cards  issued 250.00 USD for WS17\n",
			"  12.4s #1001   several_units    5 cards  issued 250.00 USD for WS17 SBX5000000001001-AAAAAAAAAAAA " +
				"SBX5000000001001-AAAAAAAAAAAA\n",
		},
		"failed": {
			failed(),
			"  12.4s #1386   late_merchant    1 card   failed MerchantUnknown\n         -> http://127.0.0.1:8234/orders/1386\n",
			"  12.4s #1386   late_merchant    1 card   failed MerchantUnknown -> http://127.0.0.1:8234/orders/1386\n",
		},
		"retried": {
			retried("create order: CashStar answered 503 Service Unavailable, and says nothing about when to try again"),
			"  12.4s #1386   late_merchant    1 card   retrying, attempt 3:\n" +
				"         IssueCard Unavailable create order: CashStar answered 503 Service\n",
			"  12.4s #1386   late_merchant    1 card   retrying, attempt 3: IssueCard Unavailable\n",
		},
		"an order without a workflow has no address": {
			failed(func(o *board.Order) { o.Link = "" }),
			"  12.4s #1386   late_merchant    1 card   failed MerchantUnknown\n",
			"  12.4s #1386   late_merchant    1 card   failed MerchantUnknown\n",
		},
		"a long name": {
			failed(func(o *board.Order) {
				o.Name, o.Kind, o.Link = "#"+strings.Repeat("9", 300), strings.Repeat("k", 300), ""
			}),
			"  12.4s #99999… kkkkkkkkkkkkkkk… 1 card   failed MerchantUnknown\n",
			"  12.4s #99999… kkkkkkkkkkkkkkk… 1 card   failed MerchantUnknown\n",
		},
		"a hostile name": {
			failed(func(o *board.Order) { o.Name, o.Kind, o.Link = "\x1b[2J\n\u202e1", "", "" }),
			"  12.4s [2J �1  by hand          1 card   failed MerchantUnknown\n",
			"  12.4s [2J �1  by hand          1 card   failed MerchantUnknown\n",
		},
		"a wide name": {
			failed(func(o *board.Order) { o.Name, o.Link = "注文注文注文", "" }),
			"  12.4s 注文注… late_merchant    1 card   failed MerchantUnknown\n",
			"  12.4s 注文注… late_merchant    1 card   failed MerchantUnknown\n",
		},
		"a name that is no path": {
			failed(func(o *board.Order) { o.Name = "A/../B" }),
			"  12.4s A/../B  late_merchant    1 card   failed MerchantUnknown\n         -> http://127.0.0.1:8234/orders/5386\n",
			"  12.4s A/../B  late_merchant    1 card   failed MerchantUnknown -> http://127.0.0.1:8234/orders/5386\n",
		},
		"no name": {
			board.Order{State: board.Issued, Issued: []board.Card{card("stray")}},
			"  12.4s ?       by hand                   issued 50.00 USD for WS17 stray\n",
			"  12.4s ?       by hand                   issued 50.00 USD for WS17 stray\n",
		},
		"several currencies": {
			func() board.Order {
				o := issued("A", "B")
				o.Issued[1].Currency = "CAD"
				return o
			}(),
			"  12.4s #1001   several_units    2 cards  issued 2 cards for WS17 A B\n",
			"  12.4s #1001   several_units    2 cards  issued 2 cards for WS17 A B\n",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := 12400 * time.Millisecond
			for width, want := range map[int]string{80: tt.narrow, 140: tt.wide} {
				got := board.Screen{Width: width}.Line(at, tt.order, page)
				require.True(t, strings.HasPrefix(got, strings.TrimSuffix(want, "\n")), "%d:\n%s", width, got)
				for line := range strings.Lines(got) {
					require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, got)
				}
				colored := board.Screen{Width: width, Color: true}.Line(at, tt.order, page)
				require.NotEqual(t, got, colored)
				require.Equal(t, got, regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(colored, ""), "colour changes no text")
			}
		})
	}
}

// A message that is longer than a line is broken between words; a word that is longer than a line is cut.
func TestLongMessages(t *testing.T) {
	t.Parallel()
	o := failed(func(o *board.Order) {
		o.State, o.Reason, o.Attempt = board.Retrying, "IssueCard "+strings.Repeat("K", 100), 3
		o.Message = "first " + strings.Repeat("word ", 40) + strings.Repeat("x", 500)
	})
	got := board.Screen{Width: 80}.Line(0, o, page)
	for line := range strings.Lines(got) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, got)
	}
	for _, word := range []string{"first", "attempt", "retrying,", "->"} {
		require.Contains(t, strings.Fields(got), word)
	}
	require.Contains(t, got, "KKK…")
	require.Contains(t, got, "orders/1386\n")
}

// The first three lines say what to open and what to type. A command or an address is never broken.
func TestBegin(t *testing.T) {
	t.Parallel()
	env := "/tmp/giftbridge-sandbox-1234567890.env"
	require.Equal(t, `open    http://127.0.0.1:8234/ links to everything, and counts
type    set -a; . /tmp/giftbridge-sandbox-1234567890.env; set +a
Ctrl-C  ends everything, and compares the books
`, board.Screen{Width: 80}.Begin(page, env))
	require.Equal(t, `open    http://127.0.0.1:8234/ links to everything, and counts
type    set -a; . /tmp/giftbridge-sandbox-1234567890.env; set +a in another terminal, then: go run ./starter status
Ctrl-C  ends everything, and compares the books
`, board.Screen{Width: 140}.Begin(page, env))
	long := "/var/folders/" + strings.Repeat("x/", 50) + "sandbox.env"
	require.Contains(t, board.Screen{Width: 80}.Begin(page, long), "set -a; . "+long+"; set +a\n")
}

func TestNotes(t *testing.T) {
	t.Parallel()
	s := board.Screen{Width: 80}
	require.Equal(t, "   1.0s poll    1 order seen\n", s.Note(time.Second, "poll", board.Count(1, "order")+" seen", ""))
	require.Equal(t, "   1.0s mail    subject -> http://m/1\n", s.Note(time.Second, "mail", "sub\x1bject"[:3]+"ject", "http://m/1"))
	require.Equal(t, "2 orders", board.Count(2, "order"))
	require.Equal(t, "0 orders", board.Count(0, "order"))
	problem := s.Problem(strings.Repeat("a duplicate card ", 10))
	for line := range strings.Lines(problem) {
		require.LessOrEqual(t, len(strings.TrimSpace(line)), 80)
	}
	require.Equal(t, "\x1b[32mall is well\x1b[0m\n", board.Screen{Width: 80, Color: true}.Good("all is well"))
}
