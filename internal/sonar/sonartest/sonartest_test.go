package sonartest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

const anna = "+14155550100"

type fixture struct {
	*sonartest.Server
	t   *testing.T
	url string
	now time.Time // Set between requests only.
}

func start(t *testing.T, o sonartest.Options) *fixture {
	t.Helper()
	f := &fixture{t: t, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
	o.Token = "hunter2"
	o.Now = func() time.Time { return f.now }
	f.Server = sonartest.New(o)
	server := httptest.NewServer(f.Server)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// send sends a request with the headers of a well-behaved client. The change function may break them.
func (f *fixture) send(method, path, body string, change func(*http.Request)) (int, http.Header, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	require.NoError(f.t, err)
	req.Header.Set("Token", "hunter2")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if change != nil {
		change(req)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	return resp.StatusCode, resp.Header, string(b)
}

func (f *fixture) post(form url.Values) (int, string) {
	f.t.Helper()
	status, _, body := f.send(http.MethodPost, "/api/v1/messages", form.Encode(), nil)
	return status, body
}

func (f *fixture) control(method, route, body string) (int, string) {
	f.t.Helper()
	status, _, answer := f.send(method, "/_control/"+route, body, nil)
	return status, answer
}

func text(words string) url.Values { return url.Values{"to": {anna}, "text": {words}} }

const (
	receipt = `{"receipt_id":"7","items":[{"id":"1","name":"Shirt","currency":"USD","price":"15.00","item_url":"https://example.com/1"}],` +
		`"timestamp":"1423076008","account_holder_name":"A","recipient_name":"A","structured_address":{"street_1":"1 Way",` +
		`"city":"Sydney","state":"NSW","postal_code":"2000","country":"AU"},"payment_method":"Visa 1234","subtotal":"15.00",` +
		`"shipping_cost":"0.00","total_tax":"0.00","total_cost":"15.00","currency":"USD"}`
	update = `{"receipt_id":"7","update_type":"cancel_item","items":[{"id":"1"}],"timestamp":"1423076008"}`
	notice = `{"notification_id":"p","name":"Shirt","url":"https://example.com/1","thumb_url":"https://example.com/1.png",` +
		`"category":"retail_item"}`
)

func structured(typ, data string) url.Values {
	form := text("words")
	form.Set("type", typ)
	form.Set("data", data)
	return form
}

// The answers are those that the vendor's client recorded.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	status, header, body := f.send(http.MethodPost, "/api/v1/messages", text("this is the message text").Encode(), nil)
	require.Equal(t, 202, status)
	require.JSONEq(t, `{"to":"+14155550100","text":"this is the message text","status":"queued"}`, body)
	require.Equal(t, "application/json", header.Get("Content-Type"))
	require.Equal(t, f.Deliveries()[0].RequestID, header.Get("X-Request-Id"))

	for name, tt := range map[string]struct {
		body   string
		change func(*http.Request)
		status int
		want   string
	}{
		"bad parameters": {"toz=5555555558", nil, 400, `{"error":"text is missing, to is missing"}`},
		"no parameters":  {"", nil, 400, `{"error":"text is missing, to is missing"}`},
		"a bad number":   {"to=111&text=x", nil, 400, `{"error":"Invalid Phone Number"}`},
		"a bad token":    {"to=111&text=x", func(r *http.Request) { r.Header.Set("Token", "FAKE") }, 401, `{"error":"Bad Token"}`},
		"two tokens":     {"", func(r *http.Request) { r.Header.Add("Token", "hunter2") }, 401, `{"error":"Bad Token"}`},
		"no token": {
			"", func(r *http.Request) { r.Header.Del("Token") }, 401,
			`{"error":"Token or publishable_key not found"}`,
		},
	} {
		status, _, body := f.send(http.MethodPost, "/api/v1/messages", tt.body, tt.change)
		require.Equal(t, tt.status, status, name)
		require.Equal(t, tt.want, body, name)
	}
	require.Len(t, f.Deliveries(), 1)
	require.Equal(t, map[string]int{
		"fields": 2, "Invalid Phone Number": 1, "Bad Token": 2, "Token or publishable_key not found": 1,
	}, f.Stats().Refused)
}

func TestStrictness(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	for _, tt := range []struct{ body, want string }{
		{"to=%2B14155550100&text=+", "text is missing"},
		{"text=x", "to is missing"},
		{"to=%2B14155550100&text=x&data=%7B%7D", "type is missing"},
		{"to=%2B14155550100&text=x&type=notifyme", "data is missing"},
		{"to=%2B14155550100&text=x&type=retail_returns&data=%7B%7D", "type is invalid"},
		{"to=%2B14155550100&text=x&type=notifyme&data=%5B%5D", "data is invalid"},
		{"to=%2B14155550100&text=x&text=y", "text is invalid"},
		{"to=%2B14155550100&text=%FF", "text is invalid"},
		{"to=%2B14155550100&text=x&Text=y", "unknown_field is invalid"},
		{"to=%2B14155550100&text=x&a=1&b=2", "unknown_field is invalid"},
		{"to=%2B14155550100&text=%zz", "body is invalid"},
	} {
		status, _, body := f.send(http.MethodPost, "/api/v1/messages", tt.body, nil)
		require.Equal(t, 400, status, tt.body)
		require.JSONEq(t, `{"error":"`+tt.want+`"}`, body, tt.body)
	}
	for path, tt := range map[string]struct {
		change func(*http.Request)
		method string
		status int
	}{
		"/api/v1/messages":        {func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, http.MethodPost, 400},
		"/api/v1/messages?text=x": {nil, http.MethodPost, 400},
		"/api/v1/messages/":       {nil, http.MethodPost, 404},
		"/api/v1/customers":       {nil, http.MethodPost, 404},
		"/API/v1/messages":        {nil, http.MethodPost, 404},
	} {
		status, _, _ := f.send(tt.method, path, text("x").Encode(), tt.change)
		require.Equal(t, tt.status, status, path)
	}
	status, header, _ := f.send(http.MethodGet, "/api/v1/messages", "", nil)
	require.Equal(t, 405, status)
	require.Equal(t, "POST", header.Get("Allow"))
	for _, number := range []string{"4155550100", "+04155550100", "+1 415 555 0100", "+1415555010000000"} {
		status, body := f.post(url.Values{"to": {number}, "text": {"x"}})
		require.Equal(t, 400, status, number)
		require.JSONEq(t, `{"error":"Invalid Phone Number"}`, body)
	}
	require.Empty(t, f.Deliveries())
	require.Empty(t, f.Customers())
}

func TestStructuredMessages(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	status, body := f.post(structured(structures.Receipt, receipt))
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"error":"structured_address.postal_code is invalid, structured_address.state is invalid"}`, body)

	lenient := start(t, sonartest.Options{LenientAddresses: true})
	status, _ = lenient.post(structured(structures.Receipt, receipt))
	require.Equal(t, 202, status)
	require.Equal(t, "7", lenient.Deliveries()[0].ReceiptID)
	require.JSONEq(t, receipt, string(lenient.Deliveries()[0].Data))
}

func TestOptions(t *testing.T) {
	t.Parallel()
	form := structured(structures.Notice, notice)
	form.Del("to")
	f := start(t, sonartest.Options{})
	status, _ := f.post(form)
	require.Equal(t, 202, status)
	require.Empty(t, f.Customers())

	f = start(t, sonartest.Options{NoticeNeedsTo: true, InvalidPhoneStatus: 403})
	status, body := f.post(form)
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"error":"to is missing"}`, body)
	status, _ = f.post(url.Values{"to": {"1"}, "text": {"x"}})
	require.Equal(t, 403, status)

	require.Panics(t, func() { sonartest.New(sonartest.Options{Hurry: -1}) })
	require.Panics(t, func() {
		sonartest.New(sonartest.Options{Random: []sonartest.RandomFault{{Rate: 1, Fault: sonartest.Fault{Kind: "explode"}}}})
	})
	nobody := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/messages", nil)
	r.Header.Set("Token", "")
	sonartest.New(sonartest.Options{}).ServeHTTP(nobody, r)
	require.Equal(t, 401, nobody.Code, "no token is accepted if there is none")
}

// The window of 7 seconds is shorter by the factor by which time runs faster.
func TestTheWindowHurries(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{Hurry: 7})
	deliver := func(after time.Duration, want int) {
		t.Helper()
		f.now = f.now.Add(after)
		status, body := f.post(text("x"))
		require.Equal(t, 202, status)
		require.Contains(t, body, `"queued"`)
		require.Len(t, f.Deliveries(), want)
	}
	deliver(0, 1)
	deliver(time.Second-1, 1)
	deliver(1, 2)
	status, _ := f.control(http.MethodPost, "clock", `{"hurry":1}`)
	require.Equal(t, 204, status)
	deliver(sonartest.Window-1, 2)
	deliver(1, 3)
	for _, body := range []string{`{"hurry":0}`, `{"hurry":-1}`, `{}`, `{"hurry":"1"}`} {
		status, _ := f.control(http.MethodPost, "clock", body)
		require.Equal(t, 400, status, body)
	}
	require.Equal(t, 2, f.Stats().Suppressed)
	require.Equal(t, 2, f.Stats().Doubles)
}

func TestCustomersAreControlled(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	status, _ := f.post(text("x"))
	require.Equal(t, 202, status)
	status, body := f.control(http.MethodGet, "customers", "")
	require.Equal(t, 200, status)
	require.JSONEq(t, `[{"phone_number":"+14155550100","subscribed":true}]`, body)

	status, _ = f.control(http.MethodPost, "customers", `{"phone_number":"+14155550100","subscribed":false}`)
	require.Equal(t, 204, status)
	status, body = f.post(text("y"))
	require.Equal(t, 202, status)
	require.JSONEq(t, `{"to":"+14155550100","text":"y","status":"unsubscribed"}`, body)
	require.NoError(t, f.SetCustomer(ledger.Customer{PhoneNumber: anna, Subscribed: true, Unreachable: true}))
	status, body = f.post(text("z"))
	require.Equal(t, 400, status)
	require.JSONEq(t, `{"error":"Invalid Phone Number"}`, body)
	require.Len(t, f.Deliveries(), 1)
	require.Equal(t, 1, f.Stats().Unsubscribed)

	for _, body := range []string{`{}`, `{"phone_number":"4155550100"}`, `{"phone":"+14155550100"}`} {
		status, _ = f.control(http.MethodPost, "customers", body)
		require.Equal(t, 400, status, body)
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	for refusal, want := range sonartest.Refusals {
		status, _ := f.control(http.MethodPost, "account", `{"refusal":"`+refusal+`"}`)
		require.Equal(t, 204, status)
		status, body := f.post(text("x"))
		require.Equal(t, want, status)
		require.JSONEq(t, `{"error":"`+refusal+`"}`, body)
	}
	status, _ := f.control(http.MethodPost, "account", `{"refusal":"Bad Weather"}`)
	require.Equal(t, 400, status)
	require.Empty(t, f.Deliveries())
	require.NoError(t, f.Refuse(""))
	status, _ = f.post(text("x"))
	require.Equal(t, 202, status)
}

func TestControlRoutesShow(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{Seed: 1})
	_, body := f.control(http.MethodGet, "messages", "")
	require.Equal(t, "[]", body)
	status, _ := f.post(structured(structures.Update, update))
	require.Equal(t, 202, status)
	status, body = f.control(http.MethodGet, "messages", "")
	require.Equal(t, 200, status)
	require.JSONEq(t, `[{"number":1,"to":"+14155550100","text":"words","type":"retail_updatereceipts","data":`+update+
		`,"receipt_id":"7","at":"2026-07-01T12:00:00Z","request_id":"`+f.Deliveries()[0].RequestID+`"}]`, body)
	_, body = f.control(http.MethodGet, "stats", "")
	require.JSONEq(t, `{"requests":{"send_message":{"202":1}},"faults":{},"refused":{},"delivered":{"retail_updatereceipts":1},
		"unsubscribed":0,"suppressed":0,"doubles":0,"second_receipts":0,"shipments_before_receipt":0,
		"updates_before_receipt":1,"notices_again":0}`, body)
	status, _ = f.control(http.MethodPost, "messages", "")
	require.Equal(t, 405, status)
}

func TestFaultsAreControlled(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	status, _ := f.control(http.MethodPost, "faults", `{"faults":[
		{"kind":"rate_limit","retry_after":"3"},{"kind":"server_error","after_commit":true},{"kind":"timed_out"},
		{"kind":"timed_out","after_commit":true,"status":500},{"kind":"silent"},{"kind":"html","status":502}]}`)
	require.Equal(t, 204, status)
	for i, want := range []struct {
		status, delivered int
		body              string
	}{
		{429, 0, `{"error":"Too Many Requests"}`},
		{503, 1, `{"error":"Service Unavailable"}`},
		{504, 1, `{"error":"Request Timed Out"}`},
		{500, 2, `{"error":"Request Timed Out"}`},
		{202, 3, `{}`},
		{502, 3, "Maintenance"},
		{202, 4, `"queued"`},
	} {
		status, header, body := f.send(http.MethodPost, "/api/v1/messages", text(strings.Repeat("x", i+1)).Encode(), nil)
		require.Equal(t, want.status, status, i)
		require.Contains(t, body, want.body, i)
		require.Len(t, f.Deliveries(), want.delivered, i)
		if i == 0 {
			require.Equal(t, "3", header.Get("Retry-After"))
		}
	}
	require.Equal(t, map[string]int{
		"rate_limit": 1, "server_error_after_commit": 1, "timed_out": 1, "timed_out_after_commit": 1, "silent": 1, "html": 1,
	}, f.Stats().Faults)
	status, _ = f.control(http.MethodPost, "faults", `{"faults":[{"kind":"drop","operation":"dance"}]}`)
	require.Equal(t, 400, status)
	status, _ = f.control(http.MethodPost, "faults", `{"random":[{"kind":"server_error","rate":1}]}`)
	require.Equal(t, 204, status)
	status, _ = f.post(text("again"))
	require.Equal(t, 503, status)
	f.ClearFaults()
	status, _ = f.post(text("again"))
	require.Equal(t, 202, status)
}

func TestTheFaultHookSeesTheMessage(t *testing.T) {
	t.Parallel()
	var seen []sonartest.Request
	f := start(t, sonartest.Options{Fault: func(r sonartest.Request) *sonartest.Fault {
		seen = append(seen, r)
		if r.Type == "" {
			return nil
		}
		return &sonartest.Fault{Kind: sonartest.ServerError}
	}})
	status, _ := f.post(structured(structures.Update, update))
	require.Equal(t, 503, status)
	status, _ = f.post(text("x"))
	require.Equal(t, 202, status)
	status, _ = f.post(url.Values{}) // Not valid.
	require.Equal(t, 400, status)
	require.Equal(t, []sonartest.Request{
		{Operation: sonartest.SendMessage, To: anna, Text: "words", Type: structures.Update, ReceiptID: "7"},
		{Operation: sonartest.SendMessage, To: anna, Text: "x"},
	}, seen)
	require.Panics(t, func() { f.Inject(sonartest.Fault{Kind: "explode"}) })
}

func TestStatsAreJSON(t *testing.T) {
	t.Parallel()
	f := start(t, sonartest.Options{})
	want := f.Stats()
	b, err := json.Marshal(want)
	require.NoError(t, err)
	var got sonartest.Stats
	require.NoError(t, json.Unmarshal(b, &got))
	require.Equal(t, want, got)
}
