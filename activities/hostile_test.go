package activities

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

func TestEmailAddress(t *testing.T) {
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
		got, err := emailAddress(in)
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
		_, err := emailAddress(in)
		require.ErrorContains(t, err, want, "%q", in)
		require.NotContains(t, err.Error(), "x.com")
		kind, _ := classify(err)
		require.Equal(t, giftcard.InvalidRequest, kind)
	}
}

// The failure names the order, but not the address.
func TestIssueCardToSeveralAddresses(t *testing.T) {
	t.Parallel()
	in := cardInput()
	in.Recipient.Email = "grace@example.com\r\nRCPT TO:<eve@example.com>"
	_, err := createOrderRequest(in)
	err = failure(t.Context(), "order "+in.OrderName+", card 1", err, 0)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(giftcard.InvalidRequest), app.Type())
	require.Equal(t, "order "+in.OrderName+", card 1: the recipient's e-mail address contains an invisible character",
		app.Message())
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

// Names of orders go into search attributes, summaries, logs and mails.
func TestOrderName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"#1001":                       "#1001",
		"GB-#1001/é":                  "GB-#1001/é",
		"#1\u202e100\u2066":           "#1�100�",
		"#10\u200b01":                 "#10�01",
		"#1\r\n001\x1b[2J":            "#1 001 [2J",
		"":                            "58",
		" \x00\n":                     "58",
		strings.Repeat("#1001", 2000): strings.Repeat("#1001", 20)[:99] + "…",
	} {
		order := candidate("s", shopify.Order{LegacyID: "58", Name: name}, shopifyKeys).Order
		require.Equal(t, want, order.Name, "%q", name)
	}
}

// Whatever a service says, a failure is one line of bounded length that cannot affect a terminal.
func TestFailureIsOneHarmlessLine(t *testing.T) {
	t.Parallel()
	hostile := "\x1b]0;x\x07\u202e\u200b\r\n" + strings.Repeat("x", 5000)
	err := failure(t.Context(), "order #1", errors.New(hostile), untilTimeout)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.LessOrEqual(t, utf8.RuneCountInString(app.Message()), maxMessage)
	require.NotContains(t, app.Message(), "\n")
	for _, r := range app.Message() {
		require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
	}
}

// An invisible character makes a different name: it finds no merchant, and never another one.
func TestInvisibleCharactersFindNoOtherMerchant(t *testing.T) {
	t.Parallel()
	index := newMerchantIndex([]cashstar.Merchant{
		{Name: "Widgets", LegalName: "Widgets Ltd", MerchantCode: "WIDGETS"},
		{Name: "Wid gets", MerchantCode: "SPACED"},
	})
	for _, r := range "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202e\u2066\u2069\u200e\u034f\u3164\uffa0\u2800\u180e\x00\x7f\ufe0f" {
		for _, name := range []string{fmt.Sprintf("Wid%cgets", r), fmt.Sprintf("%cWidgets", r), fmt.Sprintf("Widgets%c", r)} {
			code, err := index.match("", nil, giftcard.Customer{ID: "1", DisplayName: name, CompanyExternalID: name})
			require.ErrorContains(t, err, "is not one of CashStar's 2 merchants", "%q is %s", name, code)
		}
	}
	_, err := index.match("", nil, giftcard.Customer{ID: "1", DisplayName: "\u200b", CompanyName: " ", CompanyExternalID: "\u3164"})
	require.Error(t, err)
}

// A merchant whose code looks like another's, or could affect a reader's terminal, is ignored.
func TestMerchantCodesAreWhatTheyLookLike(t *testing.T) {
	t.Parallel()
	index := newMerchantIndex([]cashstar.Merchant{
		{Name: "Widgets", MerchantCode: "TWS\u200b"},
		{Name: "Widgets", MerchantCode: "\x1b[2J"},
		{Name: "Widgets", MerchantCode: "SWT\u202e"},
		{Name: "Widgets", MerchantCode: strings.Repeat("x", 256)},
		{Name: "Widgets", MerchantCode: "TWS-1_ä"},
	})
	code, err := index.match("", nil, giftcard.Customer{ID: "1", DisplayName: "Widgets"})
	require.NoError(t, err, "the others are not there, so there is nothing ambiguous")
	require.Equal(t, "TWS-1_ä", code)
	for _, code := range []string{"TWS", "TWS\u200b", "\x1b[2J"} {
		_, err := index.match(code, nil, giftcard.Customer{})
		require.ErrorContains(t, err, "is not one of CashStar's 1 merchants")
	}
}

// FuzzCreateOrderRequest puts foreign text in every field of a card: the card is refused as invalid, or the request for
// it is one that a service can accept.
func FuzzCreateOrderRequest(f *testing.F) {
	f.Add("50.00", "USD", "grace@example.com", "Grace", "Happy birthday!", "2026-07-20", "-120")
	f.Fuzz(func(t *testing.T, price, currency, email, name, message, sendOn, offset string) {
		in := cardInput()
		in.Price, in.Currency = price, currency
		in.Recipient = giftcard.Recipient{
			Email: email, Name: name, Message: message, SendOn: sendOn, Offset: offset, From: name,
		}
		request, err := createOrderRequest(in)
		if err != nil {
			kind, _ := classify(err)
			require.Equal(t, giftcard.InvalidRequest, kind)
			if len(email) > 20 {
				require.NotContains(t, err.Error(), email)
			}
			return
		}
		require.Regexp(t, `^[0-9]+\.[0-9]{2}$`, request.InitialBalance)
		require.Regexp(t, `^[A-Z]{3}$`, request.Currency)
		require.Equal(t, 1, strings.Count(request.Delivery.Target, "@"))
		require.NotRegexp(t, `[\s,;<>]`, request.Delivery.Target)
		require.LessOrEqual(t, len(request.Delivery.Target), maxAddress)
		for _, s := range []string{request.Message.From, request.Message.To, request.Message.Body} {
			require.True(t, utf8.ValidString(s))
			require.NotRegexp(t, `[\x00-\x08\x0b-\x1f]`, s)
		}
		require.NotContains(t, request.Message.To, "\n")
	})
}

// FuzzFoldName looks for names that fold to nothing, or to another name when folded again.
func FuzzFoldName(f *testing.F) {
	f.Add("Widgets Ltd")
	f.Fuzz(func(t *testing.T, name string) {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Cherokee, r) }) {
			return // The folding of x/text swaps the case of Cherokee letters.
		}
		folded := foldName(name)
		require.Equal(t, folded, foldName(folded))
		require.Equal(t, strings.TrimSpace(folded), folded)
	})
}
