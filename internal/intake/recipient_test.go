package intake_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// now is a morning in Europe that is still the previous evening in America.
var now = time.Date(2026, 7, 15, 6, 0, 0, 0, time.UTC)

func TestAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"grace@example.com":                     "grace@example.com",
		" \tgrace@example.com\r\n":              "grace@example.com",
		"\u202agrace@example.com\u202c\u200b":   "grace@example.com",
		"a@x.com\x00":                           "a@x.com",
		"\ufeffgrace@example.com":               "grace@example.com",
		"o'hara+gifts/2026=x%y@sub.example.com": "o'hara+gifts/2026=x%y@sub.example.com",
		"two..dots@example.ne.jp":               "two..dots@example.ne.jp",
		"用户@例子.广告":                              "用户@例子.广告",
		strings.Repeat("x", 64) + "@" + strings.Repeat("y", 185) + ".com": strings.Repeat("x", 64) + "@" +
			strings.Repeat("y", 185) + ".com",
	} {
		got, err := intake.Address(in)
		require.NoError(t, err, "%q", in)
		require.Equal(t, want, got)
	}
	for in, want := range map[string]string{
		"":                                   "there is no e-mail address to send it to",
		" \u200b ":                           "there is no e-mail address to send it to",
		"a@x.com\r\nBcc: b@x.com":            "contains an invisible character",
		"a\x00@x.com":                        "contains an invisible character",
		"a\u202eb@x.com":                     "contains an invisible character",
		"a@x\u200b.com":                      "contains an invisible character",
		"a\xff@x.com":                        "contains an invisible character",
		"a@x.com,b@x.com":                    "is more than one address",
		"a@x.com; b@x.com":                   "is more than one address",
		"a@x.com b@x.com":                    "is more than one address",
		`"a@x.com"@x.com`:                    "is more than one address",
		strings.Repeat("x", 65) + "@x.com":   "is too long",
		"a@" + strings.Repeat("y.", 200):     "is too long",
		strings.Repeat("a", 1<<20) + "@x.co": "is too long",
		"grace":                              "is not an address",
		"@x.com":                             "is not an address",
		"a@":                                 "is not an address",
		"a b@x.com":                          "is not an address",
		"Grace <a@x.com>":                    "is not an address",
		"mailto:a@x.com":                     "is not an address",
		"a@[127.0.0.1]":                      "is not an address",
		"a@localhost":                        "has no valid domain",
		"a@x.com.":                           "has no valid domain",
		"a@.com":                             "has no valid domain",
		"a@x..com":                           "has no valid domain",
	} {
		_, err := intake.Address(in)
		require.ErrorContains(t, err, want, "%q", in)
		require.NotContains(t, err.Error(), "x.com")
		kind, _ := giftcard.KindOf(err)
		require.Equal(t, giftcard.InvalidRequest, kind)
	}
}

func TestSendOn(t *testing.T) {
	t.Parallel()
	const atOnce = ""
	tests := []struct{ name, day, offset, want string }{
		{"no day", "", "", atOnce},
		{"blank day", "  ", "", atOnce},
		{"tomorrow", "2026-07-16", "", "2026-07-16T00:00:00Z"},
		{"with spaces", " 2026-07-16 ", " 0 ", "2026-07-16T00:00:00Z"},
		{"today", "2026-07-15", "", atOnce},
		{"yesterday", "2026-07-14", "", atOnce},
		{"a year ago", "2025-07-15", "", atOnce},
		{"in a year", "2027-07-15", "", "2027-07-15T00:00:00Z"},
		{"in a year, at the last place on Earth", "2027-07-15", "840", "2027-07-15T00:00:00-14:00"},
		{"east of UTC", "2026-07-16", "-120", "2026-07-16T00:00:00+02:00"},
		{"east of UTC, half an hour", "2026-07-16", "-330", "2026-07-16T00:00:00+05:30"},
		{"west of UTC", "2026-07-16", "240", "2026-07-16T00:00:00-04:00"},
		// The day has not begun there, although it has in UTC.
		{"today, far west", "2026-07-15", "480", "2026-07-15T00:00:00-08:00"},
		{"today, east", "2026-07-15", "-120", atOnce},
		{"first place on Earth", "2026-07-16", "-840", "2026-07-16T00:00:00+14:00"},
		{"last place on Earth", "2026-07-16", "840", "2026-07-16T00:00:00-14:00"},
		{"too far east", "2026-07-16", "-841", "2026-07-16T00:00:00Z"},
		{"too far west", "2026-07-16", "841", "2026-07-16T00:00:00Z"},
		{"no number", "2026-07-16", "CEST", "2026-07-16T00:00:00Z"},
		{"a huge number", "2026-07-16", "99999999999999999999", "2026-07-16T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := intake.SendOn(giftcard.Recipient{SendOn: tt.day, Offset: tt.offset}, now)
			require.NoError(t, err)
			if tt.want == atOnce {
				require.Zero(t, got)
				return
			}
			require.Equal(t, tt.want, got.Format(time.RFC3339))
		})
	}
}

func TestSendOnTheMomentTheDayBegins(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 7, 16, 0, 0, 0, 0, time.UTC)
	to := giftcard.Recipient{SendOn: "2026-07-16"}
	got, err := intake.SendOn(to, midnight)
	require.NoError(t, err)
	require.Zero(t, got)
	got, err = intake.SendOn(to, midnight.Add(-time.Nanosecond))
	require.NoError(t, err)
	require.True(t, midnight.Equal(got))
}

func TestSendOnRefusesWhatIsNoDay(t *testing.T) {
	t.Parallel()
	for _, day := range []string{
		"tomorrow", "2026-7-16", "16-07-2026", "2026-02-30", "2026-07-16T00:00:00Z", "20260716", "2026-07-16 to 2026-07-20",
	} {
		_, err := intake.SendOn(giftcard.Recipient{SendOn: day}, now)
		require.EqualError(t, err, "its delivery date is not a valid date (yyyy-mm-dd)", "the buyer's words are not quoted")
	}
}

// A year of another calendar, or a typing error, is reported instead of becoming a card that never arrives or arrives
// at once.
func TestSendOnRefusesWhatNobodyCanMean(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]string{
		"2569-12-24": "its delivery date, 2569-12-24, is more than a year in the future",
		"2206-12-24": "its delivery date, 2206-12-24, is more than a year in the future",
		"9999-12-31": "its delivery date, 9999-12-31, is more than a year in the future",
		"2027-07-17": "its delivery date, 2027-07-17, is more than a year in the future",
		"2025-07-13": "its delivery date, 2025-07-13, is more than a year in the past",
		"2019-03-06": "its delivery date, 2019-03-06, is more than a year in the past",
		"0026-12-24": "its delivery date, 0026-12-24, is more than a year in the past",
		"0000-01-01": "its delivery date, 0000-01-01, is more than a year in the past",
	} {
		for _, offset := range []string{"", "840", "-840"} {
			got, err := intake.SendOn(giftcard.Recipient{SendOn: day, Offset: offset}, now)
			require.EqualError(t, err, want+", which cannot be intended", "%s %s", day, offset)
			require.Zero(t, got)
			kind, _ := giftcard.KindOf(err)
			require.Equal(t, giftcard.InvalidRequest, kind)
		}
	}
}

// A day is compared with the time when the order was judged, which stays the same, and never with the clock: repeated
// requests are identical.
func TestSendOnIsJudgedByTheOrder(t *testing.T) {
	t.Parallel()
	leap := time.Date(2028, 2, 28, 12, 0, 0, 0, time.UTC)
	got, err := intake.SendOn(giftcard.Recipient{SendOn: "2028-02-29"}, leap)
	require.NoError(t, err)
	require.Equal(t, "2028-02-29", got.Format(time.DateOnly))
	// The time is unknown, so any day counts as ahead, as before days were bounded.
	got, err = intake.SendOn(giftcard.Recipient{SendOn: "2028-02-29"}, time.Time{})
	require.NoError(t, err)
	require.Equal(t, "2028-02-29", got.Format(time.DateOnly))
}

// Whatever the day and place, a card is scheduled for the beginning of that day there, or is sent at once.
func TestSendOnIsTheBeginningOfADayAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := now.AddDate(0, 0, rapid.IntRange(-365, 365).Draw(t, "days")).Format(time.DateOnly)
		behind := rapid.IntRange(-14*60, 14*60).Draw(t, "offset")
		got, err := intake.SendOn(giftcard.Recipient{SendOn: day, Offset: strconv.Itoa(behind)}, now)
		require.NoError(t, err)
		begins, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		begins = begins.Add(time.Duration(behind) * time.Minute)
		if !begins.After(now) {
			require.Zero(t, got)
			return
		}
		require.True(t, begins.Equal(got), "%s, not %s", got, begins)
		require.Equal(t, day+" 00:00:00", got.Format(time.DateTime))
	})
}
