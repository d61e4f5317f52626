package activities

import (
	"math/big"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// now is a morning in Europe that is still the previous evening in America.
var now = time.Date(2026, 7, 15, 6, 0, 0, 0, time.UTC)

func cardInput() IssueCardInput {
	return IssueCardInput{
		OrderName: "#1001", Unit: 2, AuditNumber: "450789469-4OPVJJIZ5K7K", MerchantCode: "TWS",
		Price: "50.0", Currency: "USD", At: now,
		Recipient: giftcard.Recipient{
			Email: "grace@example.com", Name: "Grace", Message: "Happy birthday!", SendOn: "2026-07-20", Offset: "-120",
			From: "Ada Example",
		},
	}
}

func TestCreateOrderRequest(t *testing.T) {
	t.Parallel()
	request, err := createOrderRequest(cardInput())
	require.NoError(t, err)
	scheduled := request.Delivery.Scheduled
	require.Equal(t, "2026-07-20T00:00:00+02:00", scheduled.Format(time.RFC3339))
	require.Equal(t, cashstar.CreateOrderRequest{
		AuditNumber:          "450789469-4OPVJJIZ5K7K",
		MerchantCode:         "TWS",
		InitialBalance:       "50.00",
		Currency:             "USD",
		Challenge:            "grace@example.com",
		ChallengeDescription: "your email address",
		Delivery: cashstar.Delivery{
			DeliveredBy: "CASHSTAR", Method: "EMAIL", Target: "grace@example.com", Scheduled: scheduled,
		},
		Message: cashstar.Message{From: "Ada Example", To: "Grace", Body: "Happy birthday!"},
	}, request)
}

func TestCreateOrderRequestWithoutExtras(t *testing.T) {
	t.Parallel()
	in := cardInput()
	in.Recipient = giftcard.Recipient{Email: "ada@example.com"}
	request, err := createOrderRequest(in)
	require.NoError(t, err)
	require.Zero(t, request.Message)
	require.Zero(t, request.Delivery.Scheduled)
}

func TestCreateOrderRequestAmounts(t *testing.T) {
	t.Parallel()
	tests := []struct{ price, want string }{
		{"50", "50.00"},
		{"50.0", "50.00"},
		{"19.99", "19.99"},
		{"0.01", "0.01"},
		{"1.150", "1.15"},
		{"2000.00", "2000.00"},
		{"100000", "100000.00"},
	}
	for _, tt := range tests {
		in := cardInput()
		in.Price = tt.price
		request, err := createOrderRequest(in)
		require.NoError(t, err)
		require.Equal(t, tt.want, request.InitialBalance)
	}
}

func TestCreateOrderRequestRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*IssueCardInput)
		want   string
	}{
		{"nothing", func(in *IssueCardInput) { in.Price = "" }, `its value is invalid: amount "" is not a decimal number`},
		{"zero", func(in *IssueCardInput) { in.Price = "0.00" }, "its value is 0.00 USD; a card needs a value above zero"},
		{
			"negative", func(in *IssueCardInput) { in.Price = "-5.0" },
			"its value is -5.00 USD; a card needs a value above zero",
		},
		{
			"three decimals", func(in *IssueCardInput) { in.Price = "5.001" },
			"its value is invalid: amount \"5.001\" has more than two decimals",
		},
		{"exponent", func(in *IssueCardInput) { in.Price = "5e3" }, "its value is invalid: amount \"5e3\" is not a decimal number"},
		{"no currency", func(in *IssueCardInput) { in.Currency = "" }, "its value is invalid: currency \"\" is not an ISO 4217 code"},
		{
			"bad currency", func(in *IssueCardInput) { in.Currency = "usd" },
			"its value is invalid: currency \"usd\" is not an ISO 4217 code",
		},
		{
			"no recipient", func(in *IssueCardInput) { in.Recipient.Email = "" },
			"there is no e-mail address to send it to: neither the line, the order nor the customer has one",
		},
		{
			"malformed day", func(in *IssueCardInput) { in.Recipient.SendOn = "20.07.2026" },
			"its delivery date is not a valid date (yyyy-mm-dd)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := cardInput()
			tt.change(&in)
			request, err := createOrderRequest(in)
			require.Zero(t, request)
			require.EqualError(t, err, tt.want)
			kind, _ := classify(err)
			require.Equal(t, giftcard.InvalidRequest, kind)
		})
	}
}

func TestCreateOrderRequestNeverChangesTheAmount(t *testing.T) {
	t.Parallel()
	price := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,7}(\.[0-9]{1,4})?`), rapid.StringMatching(`-?[0-9]{1,3}\.[0-9]0{0,4}`), rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		in := cardInput()
		in.Price = price.Draw(t, "price")
		request, err := createOrderRequest(in)
		if err != nil {
			require.Zero(t, request)
			return
		}
		ordered, ok := new(big.Rat).SetString(request.InitialBalance)
		require.True(t, ok)
		paid, ok := new(big.Rat).SetString(in.Price)
		require.True(t, ok)
		require.Zero(t, ordered.Cmp(paid), "%s for %s", request.InitialBalance, in.Price)
		require.Positive(t, ordered.Sign())
		require.Regexp(t, `^[0-9]+\.[0-9]{2}$`, request.InitialBalance)
		require.Equal(t, in.Currency, request.Currency)
	})
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
			got, err := sendOn(giftcard.Recipient{SendOn: tt.day, Offset: tt.offset}, now)
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
	got, err := sendOn(to, midnight)
	require.NoError(t, err)
	require.Zero(t, got)
	got, err = sendOn(to, midnight.Add(-time.Nanosecond))
	require.NoError(t, err)
	require.True(t, midnight.Equal(got))
}

func TestSendOnRefusesWhatIsNoDay(t *testing.T) {
	t.Parallel()
	for _, day := range []string{
		"tomorrow", "2026-7-16", "16-07-2026", "2026-02-30", "2026-07-16T00:00:00Z", "20260716", "2026-07-16 to 2026-07-20",
	} {
		_, err := sendOn(giftcard.Recipient{SendOn: day}, now)
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
			in := cardInput()
			in.Recipient.SendOn, in.Recipient.Offset = day, offset
			request, err := createOrderRequest(in)
			require.EqualError(t, err, want+", which cannot be intended", "%s %s", day, offset)
			require.Zero(t, request)
			kind, _ := classify(err)
			require.Equal(t, giftcard.InvalidRequest, kind)
		}
	}
}

// A day is compared with the time when the order was judged, which stays the same, and never with the clock: repeated
// requests are identical.
func TestSendOnIsJudgedByTheOrder(t *testing.T) {
	t.Parallel()
	leap := time.Date(2028, 2, 28, 12, 0, 0, 0, time.UTC)
	got, err := sendOn(giftcard.Recipient{SendOn: "2028-02-29"}, leap)
	require.NoError(t, err)
	require.Equal(t, "2028-02-29", got.Format(time.DateOnly))
	// The time is unknown, so any day counts as ahead, as before days were bounded.
	got, err = sendOn(giftcard.Recipient{SendOn: "2028-02-29"}, time.Time{})
	require.NoError(t, err)
	require.Equal(t, "2028-02-29", got.Format(time.DateOnly))
}

// Whatever the day and place, a card is scheduled for the beginning of that day there, or is sent at once.
func TestSendOnIsTheBeginningOfADayAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := now.AddDate(0, 0, rapid.IntRange(-365, 365).Draw(t, "days")).Format(time.DateOnly)
		behind := rapid.IntRange(-maxOffset, maxOffset).Draw(t, "offset")
		got, err := sendOn(giftcard.Recipient{SendOn: day, Offset: strconv.Itoa(behind)}, now)
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
