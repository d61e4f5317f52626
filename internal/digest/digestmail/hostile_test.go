package digestmail_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// poisoned is a report with the given value in every field that takes text.
func poisoned(value string) digest.Report {
	r := full()
	r.Shop, r.Namespace = value, value
	r.FailedOrders = []digest.FailedOrder{{
		Name: value, OrderID: value, Kind: giftcard.Kind(value), Message: value, Command: "giftbridge orders retry 1", Link: ui, ShopLink: admin,
		Rerun: digest.RerunOutcome(value), AuditNumbers: []string{value},
	}}
	r.Recovered = []digest.RecoveredOrder{{Name: value, OrderID: value, Kind: giftcard.Kind(value), Link: ui, ShopLink: admin}}
	r.Retrying = []digest.RetryingOrder{{
		Name: value, OrderID: value, Kind: giftcard.Kind(value), Activity: value, Message: value, Link: ui,
	}}
	r.FailedPolls = []digest.FailedPoll{{Kind: giftcard.Kind(value), Message: value, Link: ui}}
	r.Mixed, r.Native = []string{value}, []string{value}
	r.Left = []digest.LeftOrder{{Name: "#1", OrderID: "1", Reason: giftcard.MixedOrder, Cards: 1}, {
		Name: value, OrderID: value, Reason: giftcard.MixedOrder, Amount: value, Currency: value, Link: value,
	}}
	r.Changed = []digest.ChangedOrder{
		{Name: "#1", OrderID: "1", Units: []int{1}},
		{Name: value, OrderID: value, Units: []int{1}, AuditNumbers: []string{value}, Kept: []string{value}, Link: ui, ShopLink: admin},
		{Name: "#2", OrderID: "2", Kind: giftcard.Kind("x" + value), Message: value, Link: ui, ShopLink: admin},
	}
	r.Making.Long = []digest.MadeCard{{Name: "#1", OrderID: "1"}, {Name: value, OrderID: value, ShopLink: value, Link: value}}
	hostile := digest.Redemption{Client: value, ID: value, Amount: value, Currency: value, Order: value, BoughtWith: value, Unit: 1}
	r.Redeeming.Unknown = []digest.Redemption{{Client: "till", ID: "1"}, hostile}
	r.Redeeming.Contradicted = []digest.Redemption{{Client: "till", ID: "2"}, hostile}
	r.Unsent.Messages = []digest.UnsentMessage{
		{OrderID: "1", Key: "k", Kind: "MessageRefused"},
		{OrderID: "1", Key: "k"},
		{Name: value, OrderID: value, Key: value, About: value, Kind: "MessageRefused", Message: value},
		{Variant: value, Key: value, About: value, Kind: giftcard.Kind("x" + value), Message: value},
	}
	r.Relaying = digest.Relaying{
		Undelivered: []digest.UndeliveredEvent{{ID: "evt_1", Name: "#1"}, {
			ID: value, Endpoint: value, Topic: value, Name: value, Resource: value, Kind: giftcard.Kind(value), Message: value,
		}},
		Halted: []digest.HaltedEndpoint{{Endpoint: "orders"}, {Endpoint: value, Reason: value, By: value, Waiting: 1}},
		Gaps:   []digest.EventGap{{Topics: []string{value, value}}},
	}
	r.Disputed = []digest.DisputedOrder{{Name: "#1", OrderID: "1"}, {Name: value, OrderID: value, Dispute: value, Kind: value, Status: value, Link: value}}
	r.Watch = digest.Watch{
		Products: []digest.Product{{SKU: value, Says: value, Cure: value}}, Lost: []string{"x: " + value, value},
		Repaired: &digest.Repaired{Topics: []string{value}},
		Failed:   []digest.FailedLook{{About: value, Kind: giftcard.Kind(value), Message: value}},
	}
	r.Issued.Currencies = []digest.CurrencyTotal{{Currency: value, Amount: value}}
	return r
}

// structure returns the elements and attributes of a page, and its text.
func structure(t require.TestingT, page string) (elements []string, text string) {
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "br"}, xml.HTMLEntity
	var open []string
	var content strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			require.Empty(t, open)
			return elements, content.String()
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			elements = append(elements, "<"+e.Name.Local)
			for _, a := range e.Attr {
				elements = append(elements, a.Name.Local+"="+a.Value)
			}
		case xml.EndElement:
			require.Equal(t, open[len(open)-1], e.Name.Local)
			open = open[:len(open)-1]
			elements = append(elements, "</"+e.Name.Local)
		case xml.CharData:
			content.Write(e)
		}
	}
}

func checkHostile(t require.TestingT, value string) {
	harmless, _ := structure(t, render(t, poisoned("x")).HTML)
	m := render(t, poisoned("x"+value))

	elements, text := structure(t, m.HTML)
	require.Equal(t, harmless, elements, "a value changed the page")
	records := parse(t, m.CSV)
	require.Len(t, records, 14)
	for _, s := range []string{m.Subject, m.Text, text, strings.TrimPrefix(string(m.CSV), "\ufeff")} {
		require.True(t, utf8.ValidString(s))
		for _, r := range s {
			require.False(t, unicode.Is(unicode.Cf, r), "%U", r)
			require.False(t, unicode.IsControl(r) && r != '\n' && r != '\r', "%U", r)
		}
	}
	require.NotContains(t, m.Subject, "\n")
	require.NotContains(t, m.Subject, "\r")
	require.LessOrEqual(t, utf8.RuneCountInString(m.Subject), 60)
	require.NotContains(t, m.Text, "\r")
	require.Equal(t, strings.Count(render(t, poisoned("x")).HTML, "<"), strings.Count(m.HTML, "<"), "unescaped")
	for _, record := range records[1:] {
		for _, cell := range record {
			require.NotContains(t, cell, "\n")
			for part := range strings.SplitSeq(cell, ";") {
				require.NotRegexp(t, `^[\s"]*[=+\-@＝＋－＠]`, part, "formula")
			}
		}
	}
}

func TestHostileValues(t *testing.T) {
	t.Parallel()
	pieces := []string{
		"<script>alert(1)</script>", "</style>", "</title>", "<!--", "-->", "\"", "'", "&", "&lt;", "]]>", "{{.Shop}}",
		"\r\nBcc: x@example.com", "\x00", "\x1b[31m", "\u202e", "\u2066", "\u2028", "\u0085", "\xff", "=1+1", "@", ",", "\t",
		"\ufeff", "\u200d", "é", "🎁", "\U000e0041", strings.Repeat("long", 300), " ",
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pieces), rapid.String()), 0, 6).Draw(t, "parts")
		checkHostile(t, strings.Join(parts, ""))
	})
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{"", "<a href=x>", "\r\nBcc: x", "\u202egnp.exe", "\xff\xfe", "=cmd|' /C calc'!A0", "{{.}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) { checkHostile(t, value) })
}
