package activities

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
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

func TestCardRequest(t *testing.T) {
	t.Parallel()
	request, err := cardRequest(cardInput())
	require.NoError(t, err)
	require.Equal(t, "2026-07-20T00:00:00+02:00", request.SendOn.Format(time.RFC3339))
	require.Equal(t, issuer.Request{
		Key: "450789469-4OPVJJIZ5K7K", Account: "TWS", Value: giftcard.Money{Hundredths: 5000, Currency: "USD"},
		To: issuer.Recipient{
			Email: "grace@example.com", Name: "Grace", From: "Ada Example", Message: "Happy birthday!",
		},
		SendOn: request.SendOn,
	}, request)
}

func TestCardRequestWithoutExtras(t *testing.T) {
	t.Parallel()
	in := cardInput()
	in.Recipient = giftcard.Recipient{Email: "ada@example.com"}
	request, err := cardRequest(in)
	require.NoError(t, err)
	require.Equal(t, issuer.Recipient{Email: "ada@example.com"}, request.To)
	require.Zero(t, request.SendOn)
}

func TestCardRequestAmounts(t *testing.T) {
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
		request, err := cardRequest(in)
		require.NoError(t, err)
		require.Equal(t, tt.want, request.Value.Amount())
	}
}

func TestCardRequestRefuses(t *testing.T) {
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
			request, err := cardRequest(in)
			require.Zero(t, request)
			require.EqualError(t, err, tt.want)
			kind, _ := classify(err)
			require.Equal(t, giftcard.InvalidRequest, kind)
		})
	}
}

func TestCardRequestNeverChangesTheAmount(t *testing.T) {
	t.Parallel()
	price := rapid.OneOf(
		rapid.StringMatching(`[0-9]{1,7}(\.[0-9]{1,4})?`), rapid.StringMatching(`-?[0-9]{1,3}\.[0-9]0{0,4}`), rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		in := cardInput()
		in.Price = price.Draw(t, "price")
		request, err := cardRequest(in)
		if err != nil {
			require.Zero(t, request)
			return
		}
		ordered, ok := new(big.Rat).SetString(request.Value.Amount())
		require.True(t, ok)
		paid, ok := new(big.Rat).SetString(in.Price)
		require.True(t, ok)
		require.Zero(t, ordered.Cmp(paid), "%s for %s", request.Value.Amount(), in.Price)
		require.Positive(t, ordered.Sign())
		require.Regexp(t, `^[0-9]+\.[0-9]{2}$`, request.Value.Amount())
		require.Equal(t, in.Currency, request.Value.Currency)
	})
}

// FuzzCardRequest puts foreign text in every field of a card: the card is refused as invalid, or the request for
// it is one that an issuer can accept.
func FuzzCardRequest(f *testing.F) {
	f.Add("50.00", "USD", "grace@example.com", "Grace", "Happy birthday!", "2026-07-20", "-120")
	f.Fuzz(func(t *testing.T, price, currency, email, name, message, sendOn, offset string) {
		in := cardInput()
		in.Price, in.Currency = price, currency
		in.Recipient = giftcard.Recipient{
			Email: email, Name: name, Message: message, SendOn: sendOn, Offset: offset, From: name,
		}
		request, err := cardRequest(in)
		if err != nil {
			kind, _ := classify(err)
			require.Equal(t, giftcard.InvalidRequest, kind)
			if len(email) > 20 {
				require.NotContains(t, err.Error(), email)
			}
			return
		}
		require.Positive(t, request.Value.Hundredths)
		require.Regexp(t, `^[0-9]+\.[0-9]{2}$`, request.Value.Amount())
		require.Regexp(t, `^[A-Z]{3}$`, request.Value.Currency)
		require.Equal(t, 1, strings.Count(request.To.Email, "@"))
		require.NotRegexp(t, `[\s,;<>]`, request.To.Email)
		require.LessOrEqual(t, len(request.To.Email), 254)
	})
}
