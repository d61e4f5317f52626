package cashstarissuer

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

func request() issuer.Request {
	return issuer.Request{
		Key: "450789469-4OPVJJIZ5K7K", Account: "TWS", Value: giftcard.Money{Hundredths: 5000, Currency: "USD"},
		To: issuer.Recipient{
			Email: "grace@example.com", Name: "Grace", From: "Ada Example", Message: "Happy birthday!",
		},
		SendOn:            time.Date(2026, 7, 20, 0, 0, 0, 0, time.FixedZone("", 2*60*60)),
		AdditionalContent: "Try our new shop.\r\nIt is open.",
	}
}

func TestOrderOf(t *testing.T) {
	t.Parallel()
	require.Equal(t, cashstar.CreateOrderRequest{
		AuditNumber:          "450789469-4OPVJJIZ5K7K",
		MerchantCode:         "TWS",
		InitialBalance:       "50.00",
		Currency:             "USD",
		Challenge:            "grace@example.com",
		ChallengeDescription: "your email address",
		Delivery: cashstar.Delivery{
			DeliveredBy: "CASHSTAR", Method: "EMAIL", Target: "grace@example.com", Scheduled: request().SendOn,
		},
		Message: cashstar.Message{From: "Ada Example", To: "Grace", Body: "Happy birthday!"},

		AdditionalContent: "Try our new shop.\nIt is open.",
	}, orderOf(request()))
}

func TestOrderOfWithoutExtras(t *testing.T) {
	t.Parallel()
	order := orderOf(issuer.Request{To: issuer.Recipient{Email: "ada@example.com"}})
	require.Zero(t, order.Message)
	require.Empty(t, order.AdditionalContent)
	require.Zero(t, order.Delivery.Scheduled)
}

// A customer's text reaches the recipient as it was written.
func TestOwnWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                               "",
		"Happy birthday!\n\n  Love, Ada": "Happy birthday!\n\n  Love, Ada",
		"one\r\ntwo\rthree\tfour":        "one\ntwo\nthree\tfour",
		"יום הולדת שמח \u2067RTL\u2069 \u200f":  "יום הולדת שמח \u2067RTL\u2069 \u200f",
		"👩\u200d👩\u200d👧 می\u200cخواهم ❤\ufe0f": "👩\u200d👩\u200d👧 می\u200cخواهم ❤\ufe0f",
		"=1+1 <b>\"&' {{.}}":         "=1+1 <b>\"&' {{.}}",
		"a\x00b\x1b[2Jc\x7fd\u009be": "ab[2Jcde",
		"a\ufffeb\uffffc":            "abc",
		"a\xffb":                     "a�b",
	} {
		require.Equal(t, want, ownWords(in), "%q", in)
	}
	require.Equal(t, "Ada Lovelace 👩\u200d🔬", ownName(" Ada\r\n\tLovelace\x00 👩\u200d🔬"))
}

// FuzzOrderOf puts foreign text into the greeting of a card: CashStar gets only what its XML can contain.
func FuzzOrderOf(f *testing.F) {
	f.Add("Grace", "Happy birthday!", "Ada")
	f.Fuzz(func(t *testing.T, name, message, from string) {
		request := orderOf(issuer.Request{To: issuer.Recipient{Name: name, Message: message, From: from}})
		for _, s := range []string{request.Message.From, request.Message.To, request.Message.Body} {
			require.True(t, utf8.ValidString(s))
			require.NotRegexp(t, `[\x00-\x08\x0b-\x1f]`, s)
		}
		require.NotContains(t, request.Message.To, "\n")
	})
}
