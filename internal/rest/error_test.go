package rest_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  rest.Error
		want string
	}{
		{"bare", rest.Error{Outcome: rest.TimedOut}, "CashStar: create order: timed out"},
		{
			"refusal",
			rest.Error{Outcome: rest.Refused, Status: 400, Code: "E7", Message: "no such merchant", RequestID: "r1"},
			"CashStar: create order: refused: HTTP 400: E7: no such merchant (request r1)",
		},
		{
			"cause",
			rest.Error{Outcome: rest.NoAnswer, Err: errors.New("connection reset")},
			"CashStar: create order: no answer: connection reset",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.err.Service, tt.err.Op = "CashStar", "create order"
			require.EqualError(t, &tt.err, tt.want)
			require.Equal(t, tt.err.Err, errors.Unwrap(&tt.err))
		})
	}
}

// With an issuer that does not recognise repeated requests, a request is repeated only if it certainly had no effect.
func TestAmbiguous(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  rest.Error
		want bool
	}{
		{rest.Error{Outcome: rest.NoAnswer}, true},
		{rest.Error{Outcome: rest.NoAnswer, Unsent: true}, false},
		{rest.Error{Outcome: rest.TimedOut}, true},
		{rest.Error{Outcome: rest.TimedOut, Unsent: true}, false},
		{rest.Error{Outcome: rest.Unreadable, Status: 200}, true},
		{rest.Error{Outcome: rest.Contradictory}, true},
		{rest.Error{Outcome: rest.Refused, Status: 302}, true},
		{rest.Error{Outcome: rest.Refused, Status: 400}, false},
		{rest.Error{Outcome: rest.Refused, Status: 401}, false},
		{rest.Error{Outcome: rest.Refused, Status: 408}, true},
		{rest.Error{Outcome: rest.Refused, Status: 409}, false},
		{rest.Error{Outcome: rest.Refused, Status: 420}, false},
		{rest.Error{Outcome: rest.Refused, Status: 429}, false},
		{rest.Error{Outcome: rest.Refused, Status: 500}, true},
		{rest.Error{Outcome: rest.Refused, Status: 503}, true},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, tt.err.Ambiguous(), "%s %d", tt.err.Outcome, tt.err.Status)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"0", 0},
		{"-1", 0},
		{"7", 7 * time.Second},
		{" 7 ", 7 * time.Second},
		{"4.0", 4 * time.Second},
		{"0.5", 500 * time.Millisecond},
		{"86401", 24 * time.Hour},
		{"1e300", 24 * time.Hour},
		{"inf", 24 * time.Hour},
		{"nan", 0},
		{"soon", 0},
		{"Wed, 01 Jul 2026 12:00:30 GMT", 30 * time.Second},
		{"Wed, 01 Jul 2026 11:59:59 GMT", 0},
		{"Wed, 01 Jul 2099 12:00:00 GMT", 24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.header, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, rest.RetryAfter(http.Header{"Retry-After": {tt.header}}, now))
		})
	}
	require.Zero(t, rest.RetryAfter(http.Header{}, now))
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "4.0", "-0", "1e999", "NaN", "0x1p-2", "Wed, 01 Jul 2026 12:00:30 GMT"} {
		f.Add(seed)
	}
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		d := rest.RetryAfter(http.Header{"Retry-After": {header}}, now)
		require.GreaterOrEqual(t, d, time.Duration(0))
		require.LessOrEqual(t, d, 24*time.Hour)
	})
}

func TestClip(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "no such merchant", "no such merchant"},
		{"lines", "a\r\n\tb\x00c \u2028 d", "a b c d"},
		{"broken UTF-8", "a\xffb", "a b"},
		{"long", strings.Repeat("x", 301), strings.Repeat("x", 300) + "…"},
		{"cut between runes", strings.Repeat("x", 299) + "éé", strings.Repeat("x", 299) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, rest.Clip(tt.in))
		})
	}
}

func FuzzClip(f *testing.F) {
	f.Add("no such merchant")
	f.Add("a\nb\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := rest.Clip(s)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, len(got), 300+len("…"))
		require.Equal(t, -1, strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }))
	})
}
