package words_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

func TestNumbersAndDurations(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"0 orders", "1 order", "12,345 orders"},
		[]string{words.Count(0, "order"), words.Count(1, "order"), words.Count(12345, "order")})
	for d, want := range map[time.Duration]string{
		59 * time.Second: "less than a minute", time.Minute: "1 minute", 119 * time.Minute: "1 hour",
		47 * time.Hour: "47 hours", 48 * time.Hour: "2 days",
	} {
		require.Equal(t, want, words.Span(d))
	}
	require.Equal(t, []string{"", "a", "a, b and c"},
		[]string{words.Enumerate(nil), words.Enumerate([]string{"a"}), words.Enumerate([]string{"a", "b", "c"})})
}

// A line is as long as it may be, and a word is never broken.
func TestWrap(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", words.Width)
	require.Equal(t, "  a\n  "+long+"\n  b", words.Wrap("  ", "a "+long+" b"))
	exact := strings.Repeat("é", words.Width-2)
	require.Equal(t, exact+" a\nb", words.Wrap("", exact+"\n a b"))
}

// Currencies are added up apart, and an order of unknown value is counted.
func TestSum(t *testing.T) {
	t.Parallel()
	var s, more words.Sum
	s.Add(digest.Worth{Cards: 2, Amount: "1200.00", Currency: "USD"})
	s.Add(digest.Worth{Cards: 1, Amount: "20.00", Currency: "EUR"})
	more.Add(digest.Worth{Cards: 1, Amount: "0.50", Currency: "USD"})
	more.AddUnknown(2)
	s.Merge(more)
	require.Equal(t, "5 orders, 4 cards, 20.00 EUR and 1,200.50 USD (without 2 orders of unknown value)", s.String())
	require.Equal(t, "2 cards, about 5 xyz", words.Worth(digest.Worth{Cards: 2, Amount: "about 5", Currency: "xyz"}))
}
