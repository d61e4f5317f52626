package fourwayshop_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/rest"
)

type transport func(*http.Request) (int, http.Header, string)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := f(r)
	if header == nil {
		header = http.Header{"Content-Type": {"application/json"}}
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

const loggedIn = `{"username":"u","companyId":"XXXX","siteId":501,"token":"tok","expires":"2024-06-06T13:15:59.267Z",` +
	`"expiresInMS":285000}`

// stub returns a client of a service with responses that the simulator never sends. Its login succeeds.
func stub(t testing.TB, answer transport) *fourwayshop.Client {
	t.Helper()
	c, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: "https://shop.invalid/4ws", Username: username, Password: password,
		HTTPClient: &http.Client{Transport: transport(func(r *http.Request) (int, http.Header, string) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				return 200, nil, loggedIn
			}
			return answer(r)
		})},
	})
	require.NoError(t, err)
	return c
}

func answering(t testing.TB, status int, body string) *fourwayshop.Client {
	t.Helper()
	return stub(t, func(*http.Request) (int, http.Header, string) { return status, nil, body })
}

const sampleBarcode fourwayshop.Barcode = "2000000001814"

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(b)
}

func day(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }

func sampleCard() *fourwayshop.Card {
	return &fourwayshop.Card{
		ID: "SVILU_500_440_2000000001814", Barcode: sampleBarcode, ItemCode: "GF440VP15_400_3", EntityCode: "440",
		BranchCode: "1", Active: true, OriginalAmount: "390.00", Amount: "390.00", Currency: "EUR",
		IssueDate: day(2021, 10, 4), ActivationDate: day(2021, 10, 4), ExpirationDate: day(2021, 11, 4), PartialUse: true,
	}
}

func TestPublishedSamples(t *testing.T) {
	t.Parallel()
	card, err := answering(t, 200, sample(t, "get.json")).Get(t.Context(), sampleBarcode)
	require.NoError(t, err)
	require.Equal(t, sampleCard(), card)

	cards, err := fourwayshop.ParseGenerated([]byte(sample(t, "generated.json")))
	require.NoError(t, err)
	require.Equal(t, []fourwayshop.Generated{
		{Barcode: "4443334961511", StartValidity: day(2022, 6, 10), EndValidity: day(2023, 6, 10)},
		{Barcode: "4448332511072", StartValidity: day(2022, 6, 10), EndValidity: day(2023, 6, 10)},
	}, cards)

	done, err := fourwayshop.ParseUpdated([]byte(sample(t, "updated.json")))
	require.NoError(t, err)
	require.Equal(t, fourwayshop.Updated{ID: "7571b744-8e2d-4dde-99d8-b60c0dff1aca"}, done)
}

// The requests are written as published.
func TestRequestsAsPublished(t *testing.T) {
	t.Parallel()
	var got []string
	c := stub(t, func(r *http.Request) (int, http.Header, string) {
		line := r.Method + " " + r.URL.RequestURI() + " " + r.Header.Get("Authorization")
		if r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			line += " " + string(body)
		}
		got = append(got, line)
		return 200, nil, `{"success":true}`
	})
	const callback = "https://webhook.example.com/c"
	require.NoError(t, c.Generate(t.Context(), fourwayshop.GenerateRequest{
		ItemCode: "GIFTCARD_IVA_TAGLIO_100", Count: 5, Callback: callback,
	}))
	require.NoError(t, c.Update(t.Context(), fourwayshop.UpdateRequest{
		EntityCode: "440", Barcode: "0098260111383", Amount: "-50.00",
	}))
	require.NoError(t, c.Update(t.Context(), fourwayshop.UpdateRequest{
		EntityCode: "440", Barcode: "0098260111383", Amount: "100000000000000.07", Callback: callback, Payload: "p",
		Activation: &fourwayshop.Activation{
			Date:    time.Date(2026, 7, 1, 1, 2, 3, 0, time.FixedZone("", 7200)),
			Country: "IT", BranchCode: "1", PriceList: "2", CurrencySymbol: "€", Currency: "EUR",
		},
		ClientBarcode: "b", ClientCode: "c", ClientDenomination: "d",
	}))
	_, err := c.Get(t.Context(), "0098260111383")
	requireError(t, err, rest.Contradictory)
	require.Equal(t, []string{
		`POST /4ws/giftcard/generate Bearer tok {"itemCode":"GIFTCARD_IVA_TAGLIO_100","giftcards":5,"callback":"` + callback + `"}`,
		`POST /4ws/giftcard/update Bearer tok {"entityCode":"440","barcode":"0098260111383","amount":-50.00}`,
		`POST /4ws/giftcard/update Bearer tok {"entityCode":"440","barcode":"0098260111383","amount":100000000000000.07,` +
			`"activationDate":"2026-06-30 23:02:03","country":"IT","branchCode":"1","priceList":"2","currencySymbol":"€",` +
			`"currency":"EUR","clientBarcode":"b","clientCode":"c","clientDenomination":"d","callback":"` + callback + `","payload":"p"}`,
		`GET /4ws/giftcard?barcode=0098260111383 Bearer tok`,
	}, got)
}

func TestAssumedShapesOfACard(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, replacement string }{
		{"as it is", "", ""},
		{"success as text", `"success": true`, `"success": "true"`},
		{"success as number", `"success": true`, `"success": 1`},
		{"barcode as number", `"2000000001814"`, `2000000001814`},
		{"amount as text", `"amount": 390`, `"amount": "390.00"`},
		{"amount with a comma", `"amount": 390`, `"amount": "390,0"`},
		{"amount with an exponent", `"amount": 390`, `"amount": 3.9E+2`},
		{"entity as text", `"entityCode": 440`, `"entityCode": "440"`},
		{"flag as boolean", `"flgActive": "Y"`, `"flgActive": true`},
		{"Italian flag", `"flgActive": "Y"`, `"flgActive": "S"`},
		{"date alone", `"2021-11-04 00:00:00"`, `"2021-11-04"`},
		{"date with a zone", `"2021-11-04 00:00:00"`, `"2021-11-04T02:00:00+02:00"`},
		{"unknown fields", `"giftcard":`, `"more": {"red": [1]}, "giftcard":`},
		{"a message of another form", `"giftcard":`, `"message": {"it": "ok"}, "giftcard":`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(sample(t, "get.json"), tt.old, tt.replacement, 1)
			require.Equal(t, tt.old == "", body == sample(t, "get.json"))
			card, err := answering(t, 201, body).Get(t.Context(), sampleBarcode)
			require.NoError(t, err)
			require.Equal(t, sampleCard(), card)
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	replaced := func(old, replacement string) string {
		return strings.Replace(sample(t, "get.json"), old, replacement, 1)
	}
	for name, tt := range map[string]struct {
		body string
		want rest.Outcome
		text string
	}{
		"empty":                   {``, rest.Unreadable, "not whole JSON"},
		"page":                    {`<p>hello</p>`, rest.Unreadable, "not whole JSON"},
		"list":                    {`[]`, rest.Unreadable, "array"},
		"null":                    {`null`, rest.Contradictory, "does not say whether it succeeded"},
		"no success":              {replaced(`"success": true,`, ``), rest.Contradictory, "does not say whether"},
		"success of another form": {replaced(`"success": true`, `"success": "maybe"`), rest.Contradictory, "does not say whether"},
		"no card":                 {`{"success":true}`, rest.Contradictory, "no gift card"},
		"another card":            {replaced(`"cardBarcode": "2000000001814"`, `"cardBarcode": "2000000001815"`), rest.Contradictory, "another card"},
		"no barcode":              {replaced(`"cardBarcode": "2000000001814",`, ``), rest.Contradictory, "another card"},
		"short number":            {replaced(`"cardBarcode": "2000000001814"`, `"cardBarcode": 1814`), rest.Unreadable, "cardBarcode"},
		"no flag":                 {replaced(`"flgActive": "Y",`, ``), rest.Contradictory, "whether the card is active"},
		"flag not understood":     {replaced(`"flgActive": "Y"`, `"flgActive": "X"`), rest.Contradictory, "whether the card is active"},
		"amount that is none":     {replaced(`"amount": 390`, `"amount": "390 EUR"`), rest.Contradictory, "amount is not a number"},
		"thousands":               {replaced(`"amount": 390`, `"amount": "1.390,00"`), rest.Contradictory, "amount is not a number"},
		"date that is none":       {replaced(`"2021-11-04 00:00:00"`, `"04/11/2021"`), rest.Contradictory, "expirationDate is not a date"},
		"failure, with a card":    {replaced(`"success": true`, `"success": false`), rest.Refused, "the service refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, 200, tt.body).Get(t.Context(), sampleBarcode)
			requireError(t, err, tt.want)
			require.ErrorContains(t, err, tt.text)
			require.NotContains(t, err.Error(), "1814")
		})
	}
}

// "success" decides, and the status only where the service says nothing itself.
func TestEveryStatus(t *testing.T) {
	t.Parallel()
	update := fourwayshop.UpdateRequest{EntityCode: "440", Barcode: sampleBarcode, Amount: "-50.00"}
	unheard := map[int]bool{401: true, 407: true, 420: true, 425: true, 429: true}
	for status := 200; status <= 599; status++ {
		for body, explained := range map[string]bool{
			`{"success":false,"message":"importo insufficiente"}`: true, `{"message":"no"}`: false, `<p>no</p>`: false,
		} {
			err := answering(t, status, body).Update(t.Context(), update)
			require.Error(t, err, status)
			failed := status >= 500 || status == 408
			certain := unheard[status] || explained && !failed
			require.Equal(t, !certain, fourwayshop.IsAmbiguous(err), "%d %s", status, body)
			require.Equal(t, explained, fourwayshop.Explains(err), "%d %s", status, body)
			if explained {
				require.Contains(t, requireError(t, err, rest.Refused).Message, "importo insufficiente")
			}
		}
		err := answering(t, status, `{"success":true}`).Update(t.Context(), update)
		require.Equal(t, status > 299, err != nil, status)
		require.Equal(t, status > 299 && !unheard[status], fourwayshop.IsAmbiguous(err), status)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]fourwayshop.Reason{
		"barcode not found": fourwayshop.UnknownBarcode, "Barcode NON trovato": fourwayshop.UnknownBarcode,
		"codice a barre inesistente": fourwayshop.UnknownBarcode, "Gift card non trovata": fourwayshop.UnknownBarcode,
		"La carta non è stata trovata": fourwayshop.UnknownBarcode, "unknown barcode": fourwayshop.UnknownBarcode,
		"": "", "internal error": "", "barcode not valid": "", "gift card scaduta": "", "gift card not active": "",
		"itemCode of the barcode not found": "", "entityCode not found": "", "Servizio non disponibile": "",
	} {
		_, err := answering(t, 200, `{"success":false,"message":"`+message+`"}`).Get(t.Context(), sampleBarcode)
		require.Equal(t, want, fourwayshop.ReasonOf(err), message)
	}
	for message, want := range map[string]fourwayshop.Reason{
		"itemCode not found": fourwayshop.UnknownItem, "codice articolo non trovato": fourwayshop.UnknownItem,
		"ItemCode parameter is not a valid item code": fourwayshop.UnknownItem, "articolo sconosciuto": fourwayshop.UnknownItem,
		"articolo non valido": fourwayshop.UnknownItem, "barcode not found": "", "queue full": "",
	} {
		_, err := fourwayshop.ParseGenerated([]byte(`{"success":"N","code":7,"message":"` + message + `"}`))
		require.Equal(t, want, fourwayshop.ReasonOf(err), message)
	}
	require.Empty(t, fourwayshop.ReasonOf(nil))
	require.False(t, fourwayshop.Explains(io.EOF))
	require.False(t, fourwayshop.IsAmbiguous(io.EOF))
	require.False(t, fourwayshop.IsInconclusive(io.EOF))
}

func TestMessagesAreScrubbed(t *testing.T) {
	t.Parallel()
	c := stub(t, func(*http.Request) (int, http.Header, string) {
		return 400, nil, `{"success":false,"code":"Bearer tok","message":"card 2000 0000 01814 of Steve Smith <s@example.com>, ` +
			`see https://a.example.com/c/1?t=2, ` + password + ` p-1-p"}`
	})
	err := c.Update(t.Context(), fourwayshop.UpdateRequest{
		EntityCode: "440", Barcode: sampleBarcode, Amount: "-50.00", ClientDenomination: "Steve Smith", Payload: "p-1-p",
	})
	require.Equal(t, "card [number] of [redacted] <[address]>, see [URL] [redacted] [redacted]",
		requireError(t, err, rest.Refused).Message)
	require.NotContains(t, err.Error(), "Steve")
}

func TestCallbacksThatAreNone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]rest.Outcome{
		``: rest.Unreadable, `callback: {}`: rest.Unreadable, `"x"`: rest.Unreadable, `{}`: rest.Contradictory,
		`{"success":true}`: rest.Contradictory, `{"success":true,"giftcards":[]}`: rest.Contradictory,
		`{"success":true,"giftcards":[{}]}`:                                                  rest.Contradictory,
		`{"success":true,"giftcards":[{"barcode":"../1"}]}`:                                  rest.Contradictory,
		`{"success":true,"giftcards":[{"barcode":"4443334961511","endValidity":"soon"}]}`:    rest.Contradictory,
		`{"success":true,"giftcards":[{"barcode":444}]}`:                                     rest.Unreadable,
		`{"success":true,"giftcards":[{"barcode":"44433349"},{"barcode":"44433349"}]}`:       rest.Contradictory,
		`{"success":false,"giftcards":[{"barcode":"4443334961511"}],"message":"4443334961"}`: rest.Refused,
	} {
		_, err := fourwayshop.ParseGenerated([]byte(body))
		requireError(t, err, want)
		require.NotContains(t, err.Error(), "44433349", body)
	}
	one, err := fourwayshop.ParseGenerated([]byte(`{"success":true,"giftcards":{"barcode":"4443334961511"}}`))
	require.NoError(t, err)
	require.Len(t, one, 1)

	for body, want := range map[string]rest.Outcome{
		``: rest.Unreadable, `{"id":"1"}`: rest.Contradictory, `{"success":false}`: rest.Refused,
	} {
		_, err := fourwayshop.ParseUpdated([]byte(body))
		requireError(t, err, want)
	}
	done, err := fourwayshop.ParseUpdated([]byte(`{"success":true,"id":17,"payload":{"a":1}}`))
	require.NoError(t, err)
	require.Equal(t, fourwayshop.Updated{ID: "17"}, done)

	for id, want := range map[string]string{
		"12345678-1234-4234-8234-123456789012": "12345678-1234-4234-8234-123456789012", "card 4443334961511": "card [number]",
	} {
		done, err := fourwayshop.ParseUpdated([]byte(`{"success":true,"id":"` + id + `"}`))
		require.NoError(t, err)
		require.Equal(t, want, done.ID)
	}

	for body, want := range map[string]rest.Outcome{
		``: rest.Unreadable, `{"success":true}`: rest.Contradictory, `{"success":false,"url":"https://a/"}`: rest.Refused,
	} {
		_, err := fourwayshop.ParsePDF([]byte(body))
		requireError(t, err, want)
	}
}

func TestLoginsThatAreNone(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]rest.Outcome{
		`{}`: rest.Contradictory, `{"token":""}`: rest.Contradictory, `{"token":"a b"}`: rest.Contradictory,
		`{"success":false,"message":"no"}`: rest.Refused, `{"success":false,"token":"t"}`: rest.Refused, `x`: rest.Unreadable,
	} {
		c, err := fourwayshop.New(fourwayshop.Options{
			BaseURL: "https://shop.invalid", Username: username, Password: password,
			HTTPClient: &http.Client{Transport: transport(func(*http.Request) (int, http.Header, string) { return 200, nil, body })},
		})
		require.NoError(t, err)
		_, err = c.Get(t.Context(), sampleBarcode)
		require.Equal(t, "log in", requireError(t, err, want).Op, body)
	}
}
