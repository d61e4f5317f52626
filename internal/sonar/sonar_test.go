package sonar_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/sonar"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
)

const token = "3Z9L8xFjeNmXL7Yn-pFJUBoxk"

// shipment is the published sample of a shipment, without its empty fields.
const shipment = `{"receipt_id":"meow0101021","carrier":"UPS","tracking_number":"1ZW098R40361231305",` +
	`"items":[{"id":"100","quantity":"2"}],"ship_date":"1427824997",` +
	`"origin":{"city":"Cleveland","state":"OH","postal_code":"44101","country":"US"},` +
	`"destination":{"street_1":"1 Hacker Way","city":"Menlo Park","state":"CA","postal_code":"94025","country":"US"}}`

func message() sonar.Message {
	return sonar.Message{
		To: "+14155550123", Text: "Kittens: Matt Berman, your parcel is on its way.",
		Type: sonar.TypeShipments, Data: []byte(shipment),
	}
}

func start(t *testing.T, o sonartest.Options) (*sonar.Client, *sonartest.Server) {
	t.Helper()
	o.Token = token
	service := sonartest.New(o)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return newClient(t, sonar.Options{URL: server.URL}), service
}

func newClient(t testing.TB, o sonar.Options) *sonar.Client {
	t.Helper()
	if o.Token == "" {
		o.Token = token
	}
	c, err := sonar.New(o)
	require.NoError(t, err)
	return c
}

func requireError(t *testing.T, err error, want rest.Outcome) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Outcome, err)
	require.Equal(t, "Sonar", e.Service)
	require.NotEmpty(t, e.Op)
	return e
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sonar.Options{
		"no URL":             {Token: token},
		"URL without scheme": {URL: "www.sendsonar.com", Token: token},
		"no token":           {URL: "https://www.sendsonar.com"},
		"token of two lines": {URL: "https://www.sendsonar.com", Token: "a\r\nb"},
	} {
		_, err := sonar.New(o)
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), token, name)
	}
}

func TestSend(t *testing.T) {
	t.Parallel()
	c, service := start(t, sonartest.Options{})
	m := message()
	got, err := c.Send(t.Context(), m)
	require.NoError(t, err)
	all := service.Deliveries()
	require.Len(t, all, 1)
	require.Equal(t, sonar.Answer{Status: sonar.Queued, RequestID: all[0].RequestID}, got)
	require.NotEmpty(t, got.RequestID)
	require.Equal(t, []string{m.To, m.Text, m.Type, string(m.Data)},
		[]string{all[0].To, all[0].Text, all[0].Type, string(all[0].Data)})
}

func TestSendToUnsubscribed(t *testing.T) {
	t.Parallel()
	c, service := start(t, sonartest.Options{})
	require.NoError(t, service.SetCustomer(ledger.Customer{PhoneNumber: message().To}))
	got, err := c.Send(t.Context(), message())
	require.NoError(t, err)
	require.Equal(t, sonar.Unsubscribed, got.Status)
	require.Empty(t, service.Deliveries())
}

// The service knows an identical message by its body: the same message is the same bytes each time.
func TestTheRequestIsTheRecordedOne(t *testing.T) {
	t.Parallel()
	m := sonar.Message{To: "+14155550123", Text: "50% off & more\né", Type: sonar.TypeNotifyMe, Data: []byte(`{"a":"b c"}`)}
	for range 20 {
		c := stub(t, func(r *http.Request) (int, http.Header, string) {
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, "data=%7B%22a%22%3A%22b+c%22%7D&text=50%25+off+%26+more%0A%C3%A9&to=%2B14155550123&type=notifyme",
				string(body))
			require.Equal(t, "POST https://sonar.invalid/base/api/v1/messages", r.Method+" "+r.URL.String())
			require.Equal(t, http.Header{
				"Token": {token}, "Accept": {"application/json"}, "User-Agent": {"giftbridge"},
				"Content-Type": {"application/x-www-form-urlencoded"},
			}, r.Header)
			require.EqualValues(t, len(body), r.ContentLength)
			return 202, nil, queued
		})
		_, err := c.Send(t.Context(), m)
		require.NoError(t, err)
	}
}

func TestInvalidMessagesAreNotSent(t *testing.T) {
	t.Parallel()
	c := stub(t, func(*http.Request) (int, http.Header, string) {
		t.Error("a request was sent")
		return 202, nil, queued
	})
	for name, tt := range map[string]struct {
		spoil func(*sonar.Message)
		want  string
	}{
		"no number":              {func(m *sonar.Message) { m.To = "" }, "Sonar: to is missing"},
		"number without a plus":  {func(m *sonar.Message) { m.To = "14155550123" }, "Sonar: to is not a phone number in E.164 form"},
		"number with a space":    {func(m *sonar.Message) { m.To = "+1415 5550123" }, "Sonar: to is not a phone number in E.164 form"},
		"number with a new line": {func(m *sonar.Message) { m.To = "+14155550123\n" }, "Sonar: to is not a phone number in E.164 form"},
		"no text":                {func(m *sonar.Message) { m.Text = "" }, "Sonar: text is blank"},
		"blank text":             {func(m *sonar.Message) { m.Text = " \n" }, "Sonar: text is blank"},
		"broken text":            {func(m *sonar.Message) { m.Text = "a\xff" }, "Sonar: text is not valid UTF-8"},
		"data without a type":    {func(m *sonar.Message) { m.Type = "" }, "Sonar: type is missing, though there are data"},
		"type without data":      {func(m *sonar.Message) { m.Data = nil }, "Sonar: data is not a JSON object"},
		"data that are a list":   {func(m *sonar.Message) { m.Data = []byte(`[{}]`) }, "Sonar: data is not a JSON object"},
		"broken data":            {func(m *sonar.Message) { m.Data = []byte(`{"a":1`) }, "Sonar: data is not a JSON object"},
	} {
		m := message()
		tt.spoil(&m)
		_, err := c.Send(t.Context(), m)
		require.EqualError(t, err, tt.want, name)
		require.Equal(t, sonar.Unsent, sonar.EffectOf(err), name)
		require.Empty(t, sonar.ReasonOf(err), name)
	}
}

// A notice goes to all who asked for a product.
func TestANoticeNeedsNoNumber(t *testing.T) {
	t.Parallel()
	c, service := start(t, sonartest.Options{})
	got, err := c.Send(t.Context(), sonar.Message{
		Text: "Kittens: it is back.", Type: sonar.TypeNotifyMe,
		Data: []byte(`{"notification_id":"p1","name":"Shirt","url":"https://example.com/p1",` +
			`"thumb_url":"https://example.com/p1.png","category":"retail_item"}`),
	})
	require.NoError(t, err)
	require.Equal(t, sonar.Queued, got.Status)
	require.Equal(t, "p1", service.Deliveries()[0].NotificationID)
}

func TestProbe(t *testing.T) {
	t.Parallel()
	c, service := start(t, sonartest.Options{})
	require.NoError(t, c.Probe(t.Context()))
	require.Empty(t, service.Deliveries())
	require.Empty(t, service.Customers())

	require.NoError(t, service.Refuse("No Active Subscription"))
	err := c.Probe(t.Context())
	require.Equal(t, sonar.NoSubscription, sonar.ReasonOf(err))
	require.EqualError(t, err, "Sonar: check token: refused: HTTP 403: no active subscription (request "+
		requireError(t, err, rest.Refused).RequestID+")")

	require.NoError(t, stub(t, func(r *http.Request) (int, http.Header, string) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.Empty(t, body)
		return 400, nil, `{"error":"text is missing, to is missing"}` // As recorded.
	}).Probe(t.Context()))
	err = answering(t, 401, `{"error":"Bad Token"}`).Probe(t.Context())
	require.Equal(t, sonar.BadToken, sonar.ReasonOf(err))
	requireError(t, answering(t, 202, queued).Probe(t.Context()), rest.Contradictory)
	requireError(t, answering(t, 500, `{"error":"text is missing"}`).Probe(t.Context()), rest.Refused)
	requireError(t, answering(t, 400, "<h1>No</h1>").Probe(t.Context()), rest.Refused)
}

func TestAWrongToken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sonartest.New(sonartest.Options{Token: token}))
	t.Cleanup(server.Close)
	c := newClient(t, sonar.Options{URL: server.URL, Token: "another-token"})
	_, err := c.Send(t.Context(), message())
	require.Equal(t, sonar.BadToken, sonar.ReasonOf(err))
	require.Equal(t, sonar.Unsent, sonar.EffectOf(err))
	require.Equal(t, sonar.BadToken, sonar.ReasonOf(c.Probe(t.Context())))
}

// What the simulator can do to a request, with what the customer got, and what the client says of it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault     sonartest.Fault
		delivered int
		outcome   rest.Outcome
		effect    sonar.Effect
		reason    sonar.Reason
	}{
		"dropped before":     {sonartest.Fault{Kind: sonartest.Drop}, 0, rest.NoAnswer, sonar.Unclear, ""},
		"dropped after":      {sonartest.Fault{Kind: sonartest.Drop, AfterCommit: true}, 1, rest.NoAnswer, sonar.Unclear, ""},
		"error before":       {sonartest.Fault{Kind: sonartest.ServerError, RetryAfter: "7"}, 0, rest.Refused, sonar.Unclear, sonar.Other},
		"error after":        {sonartest.Fault{Kind: sonartest.ServerError, AfterCommit: true, RetryAfter: "7"}, 1, rest.Refused, sonar.Unclear, sonar.Other},
		"limited":            {sonartest.Fault{Kind: sonartest.RateLimit, RetryAfter: "7"}, 0, rest.Refused, sonar.Unsent, sonar.TooMany},
		"page before":        {sonartest.Fault{Kind: sonartest.HTML}, 0, rest.Unreadable, sonar.Unclear, ""},
		"page after":         {sonartest.Fault{Kind: sonartest.HTML, AfterCommit: true}, 1, rest.Unreadable, sonar.Unclear, ""},
		"page with a status": {sonartest.Fault{Kind: sonartest.HTML, Status: 403}, 0, rest.Refused, sonar.Unclear, ""},
		"malformed":          {sonartest.Fault{Kind: sonartest.Malformed}, 1, rest.Unreadable, sonar.Unclear, ""},
		"truncated":          {sonartest.Fault{Kind: sonartest.Truncated}, 1, rest.Unreadable, sonar.Unclear, ""},
		"silent":             {sonartest.Fault{Kind: sonartest.Silent}, 1, rest.Contradictory, sonar.Unclear, ""},
		"huge":               {sonartest.Fault{Kind: sonartest.Huge}, 1, rest.Unreadable, sonar.Unclear, ""},
		"timed out before":   {sonartest.Fault{Kind: sonartest.TimedOut}, 0, rest.Refused, sonar.Unclear, sonar.TimedOut},
		"timed out after":    {sonartest.Fault{Kind: sonartest.TimedOut, AfterCommit: true, Status: 408}, 1, rest.Refused, sonar.Unclear, sonar.TimedOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, service := start(t, sonartest.Options{})
			service.Inject(tt.fault)
			_, err := c.Send(t.Context(), message())
			e := requireError(t, err, tt.outcome)
			require.Equal(t, tt.effect, sonar.EffectOf(err))
			require.Equal(t, tt.reason, sonar.ReasonOf(err))
			require.Len(t, service.Deliveries(), tt.delivered)
			if tt.fault.RetryAfter != "" {
				require.Equal(t, 7*time.Second, e.RetryAfter)
			}
			requireDiscreet(t, err)

			// The same once more reaches the customer once.
			_, err = c.Send(t.Context(), message())
			require.NoError(t, err)
			require.Len(t, service.Deliveries(), 1)
			require.Zero(t, service.Stats().Doubles)
		})
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	_, err = newClient(t, sonar.Options{URL: "http://" + listener.Addr().String()}).Send(t.Context(), message())
	require.True(t, requireError(t, err, rest.NoAnswer).Unsent)
	require.Equal(t, sonar.Unsent, sonar.EffectOf(err))

	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // Until then the server does not notice that the client has gone.
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	_, err = newClient(t, sonar.Options{URL: server.URL, Timeout: 50 * time.Millisecond}).Send(t.Context(), message())
	requireError(t, err, rest.TimedOut)
	require.Equal(t, sonar.Unclear, sonar.EffectOf(err))
}

func TestObserver(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(sonartest.New(sonartest.Options{Token: token}))
	t.Cleanup(server.Close)
	var seen []string
	c := newClient(t, sonar.Options{
		URL: server.URL, HTTPClient: &http.Client{},
		Observe: func(ctx context.Context, service, op string) (context.Context, func(int, error)) {
			return ctx, func(status int, err error) {
				seen = append(seen, fmt.Sprint(service, " ", op, " ", status, " ", err == nil))
			}
		},
	})
	_, err := c.Send(t.Context(), message())
	require.NoError(t, err)
	require.NoError(t, c.Probe(t.Context()))
	require.Equal(t, []string{"Sonar send message 202 true", "Sonar check token 400 false"}, seen)
}

func TestNothingPrintsSecrets(t *testing.T) {
	t.Parallel()
	o := sonar.Options{URL: "https://www.sendsonar.com", Token: token}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		for _, v := range []any{o, newClient(t, o), message()} {
			require.Equal(t, "[redacted]", strings.TrimPrefix(fmt.Sprintf(verb, v), "&"))
		}
	}
}
