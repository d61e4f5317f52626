package fourwayshop_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/rest"
)

const (
	username, password = "giftbridge", "hunter2-hunter2"
	item               = "GIFTCARD_50"
)

// clock is a clock that tests can advance.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// After returns a channel on which nothing is ever sent: jobs are done at once, or never.
func (*clock) After(time.Duration) <-chan time.Time { return nil }

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is a client of a simulated service, with a receiver of its callbacks.
type fixture struct {
	*fourwayshop.Client
	t       *testing.T
	service *fourwayshoptest.Server
	clock   *clock
	url     string
	// callbacks are the bodies that the receiver got.
	receiver  string
	callbacks chan []byte
}

func start(t *testing.T, o fourwayshoptest.Options) *fixture {
	t.Helper()
	f := &fixture{t: t, clock: newClock(), callbacks: make(chan []byte, 10)}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.callbacks <- body
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	f.receiver = receiver.URL + "/callbacks/4ws/s3cret-token"
	o.Username, o.Password, o.Clock = username, password, f.clock
	if o.Items == nil {
		o.Items = []ledger.Item{{Code: item, Currency: "EUR"}}
	}
	f.service = fourwayshoptest.New(o)
	t.Cleanup(f.service.Stop)
	server := httptest.NewServer(f.service)
	t.Cleanup(server.Close)
	f.url = server.URL
	f.Client = newClient(t, server.URL+"/api", f.clock, password)
	return f
}

func newClient(t testing.TB, baseURL string, c *clock, password string) *fourwayshop.Client {
	t.Helper()
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: baseURL, Username: username, Password: password, Now: c.Now,
	})
	require.NoError(t, err)
	return client
}

// generate generates a card and returns what the callback says of it.
func (f *fixture) generate() fourwayshop.Generated {
	f.t.Helper()
	require.NoError(f.t, f.Generate(f.t.Context(), fourwayshop.GenerateRequest{
		ItemCode: item, Count: 1, Callback: f.receiver,
	}))
	cards, err := fourwayshop.ParseGenerated(<-f.callbacks)
	require.NoError(f.t, err)
	require.Len(f.t, cards, 1)
	require.NoError(f.t, f.service.Queue().Wait(f.t.Context()))
	return cards[0]
}

func (f *fixture) activation(b fourwayshop.Barcode, amount string) fourwayshop.UpdateRequest {
	return fourwayshop.UpdateRequest{
		EntityCode: "440", Barcode: b, Amount: amount, Callback: f.receiver, Payload: "card-issue/1",
		Activation: &fourwayshop.Activation{
			Date:    f.clock.Now().In(time.FixedZone("", 7200)),
			Country: "IT", BranchCode: "1", PriceList: "1", CurrencySymbol: "€", Currency: "EUR",
		},
		ClientDenomination: "Steve Smith",
	}
}

// update updates a card and returns what the callback says of it.
func (f *fixture) update(r fourwayshop.UpdateRequest) (fourwayshop.Updated, error) {
	f.t.Helper()
	require.NoError(f.t, f.Update(f.t.Context(), r))
	body := <-f.callbacks
	require.NoError(f.t, f.service.Queue().Wait(f.t.Context()))
	return fourwayshop.ParseUpdated(body)
}

func requireError(t *testing.T, err error, want rest.Outcome) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Outcome, err)
	require.Equal(t, "Four Way Shop", e.Service)
	require.NotEmpty(t, e.Op)
	return e
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	good := fourwayshop.Options{BaseURL: "https://shop.example.com/4ws", Username: "u", Password: "p"}
	_, err := fourwayshop.New(good)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*fourwayshop.Options){
		"no base URL":             func(o *fourwayshop.Options) { o.BaseURL = "" },
		"base URL without scheme": func(o *fourwayshop.Options) { o.BaseURL = "shop.example.com" },
		"no username":             func(o *fourwayshop.Options) { o.Username = "" },
		"no password":             func(o *fourwayshop.Options) { o.Password = "" },
	} {
		o := good
		spoil(&o)
		_, err := fourwayshop.New(o)
		require.Error(t, err, name)
	}
}

// What the vendor does not publish is a switch of the simulator. The client works with each setting.
func TestACardIsSoldAndSpent(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]fourwayshoptest.Options{
		"as published":      {},
		"texts and Italian": {Texts: true, Italian: true},
		"no expiry":         {NoExpiry: true},
		"status of refusal": {RefusalStatus: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, o)
			made := f.generate()
			now := f.clock.Now()
			require.Equal(t, now, made.StartValidity)
			require.Equal(t, now.AddDate(1, 0, 0), made.EndValidity)

			card, err := f.Get(t.Context(), made.Barcode)
			require.NoError(t, err)
			require.False(t, card.Active)
			require.Equal(t, "0.00", card.Amount)

			done, err := f.update(f.activation(made.Barcode, "390.50"))
			require.NoError(t, err)
			require.Equal(t, "card-issue/1", done.Payload)
			require.NotEmpty(t, done.ID)
			card, err = f.Get(t.Context(), made.Barcode)
			require.NoError(t, err)
			require.Equal(t, &fourwayshop.Card{
				ID: "SIMULATED_501_440_" + made.Barcode, Barcode: made.Barcode, ItemCode: item, EntityCode: "440",
				BranchCode: "1", Active: true, OriginalAmount: "390.50", Amount: "390.50", Currency: "EUR", IssueDate: now,
				ActivationDate: now, ExpirationDate: made.EndValidity, PartialUse: true,
			}, card)

			spend := fourwayshop.UpdateRequest{EntityCode: "440", Barcode: made.Barcode, Amount: "-0.51", Callback: f.receiver}
			_, err = f.update(spend)
			require.NoError(t, err)
			card, err = f.Get(t.Context(), made.Barcode)
			require.NoError(t, err)
			require.Equal(t, "389.99", card.Amount)
			require.Equal(t, "390.50", card.OriginalAmount)

			spend.Amount = "-390.00"
			_, err = f.update(spend)
			requireError(t, err, rest.Refused)
			require.True(t, fourwayshop.Explains(err))
			require.Empty(t, fourwayshop.ReasonOf(err))
		})
	}
}

func TestWhatIsUnknownIsRefused(t *testing.T) {
	t.Parallel()
	for _, italian := range []bool{false, true} {
		for _, hides := range []bool{false, true} {
			f := start(t, fourwayshoptest.Options{Italian: italian, Rules: ledger.Rules{HidesInactive: hides}})
			ask := fourwayshop.GenerateRequest{ItemCode: "GONE", Count: 1, Callback: f.receiver}
			require.NoError(t, f.Generate(t.Context(), ask), "a job is enqueued before its item is looked for")
			_, err := fourwayshop.ParseGenerated(<-f.callbacks)
			requireError(t, err, rest.Refused)
			require.Equal(t, fourwayshop.UnknownItem, fourwayshop.ReasonOf(err))

			_, err = f.Get(t.Context(), "2000000001814")
			e := requireError(t, err, rest.Refused)
			require.Equal(t, 200, e.Status)
			require.Equal(t, fourwayshop.UnknownBarcode, fourwayshop.ReasonOf(err))
			require.False(t, fourwayshop.IsAmbiguous(err))

			done, err := f.update(f.activation("2000000001814", "50.00"))
			require.Equal(t, fourwayshop.UnknownBarcode, fourwayshop.ReasonOf(err))
			require.Equal(t, "card-issue/1", done.Payload)

			made := f.generate()
			_, err = f.Get(t.Context(), made.Barcode)
			require.Equal(t, hides, fourwayshop.ReasonOf(err) == fourwayshop.UnknownBarcode)
		}
	}
}

func TestBadRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	calls := map[string]error{}
	generate := func(name string, r fourwayshop.GenerateRequest) { calls[name] = f.Generate(t.Context(), r) }
	generate("no item", fourwayshop.GenerateRequest{Count: 1, Callback: f.receiver})
	generate("no cards", fourwayshop.GenerateRequest{ItemCode: item, Callback: f.receiver})
	generate("no callback", fourwayshop.GenerateRequest{ItemCode: item, Count: 1})
	generate("callback with a password", fourwayshop.GenerateRequest{ItemCode: item, Count: 1, Callback: "https://a:b@c/"})
	update := func(name string, change func(*fourwayshop.UpdateRequest)) {
		r := f.activation("2000000001814", "50.00")
		change(&r)
		calls[name] = f.Update(t.Context(), r)
	}
	update("no entity", func(r *fourwayshop.UpdateRequest) { r.EntityCode = "" })
	update("no barcode", func(r *fourwayshop.UpdateRequest) { r.Barcode = "" })
	update("two barcodes", func(r *fourwayshop.UpdateRequest) { r.Barcode += "&barcode=1" })
	for _, amount := range []string{"", "0", "0.00", "-0", "50.001", "1e3", "+5", "05", "50,00", "NaN", ".5"} {
		update("amount "+amount, func(r *fourwayshop.UpdateRequest) { r.Amount = amount })
	}
	update("negative activation", func(r *fourwayshop.UpdateRequest) { r.Amount = "-50.00" })
	update("no date", func(r *fourwayshop.UpdateRequest) { r.Activation.Date = time.Time{} })
	update("no currency", func(r *fourwayshop.UpdateRequest) { r.Activation.Currency = "" })
	update("callback that is none", func(r *fourwayshop.UpdateRequest) { r.Callback = "ftp://a/" })
	_, calls["get nothing"] = f.Get(t.Context(), "")
	_, calls["PDF of nothing"] = f.RequestPDF(t.Context(), fourwayshop.PDFRequest{Callback: f.receiver})
	for name, err := range calls {
		var invalid *fourwayshop.InvalidError
		require.ErrorAs(t, err, &invalid, name)
		require.NotEmpty(t, invalid.Field)
		require.NotContains(t, err.Error(), "2000000001814")
		require.False(t, fourwayshop.IsAmbiguous(err))
	}
	require.Empty(t, f.service.Stats().Requests)
}

// The ambiguity of a request decides whether it may be sent again.
func TestFaultsOfTheService(t *testing.T) {
	t.Parallel()
	type fault = fourwayshoptest.Fault
	for name, tt := range map[string]struct {
		fault     fault
		outcome   rest.Outcome
		status    int
		ambiguous bool
		jobs      int
	}{
		"500":               {fault{Kind: fourwayshoptest.ServerError}, rest.Refused, 500, true, 0},
		"500 after commit":  {fault{Kind: fourwayshoptest.ServerError, AfterCommit: true}, rest.Refused, 500, true, 1},
		"503":               {fault{Kind: fourwayshoptest.ServerError, Status: 503}, rest.Refused, 503, true, 0},
		"drop":              {fault{Kind: fourwayshoptest.Drop}, rest.NoAnswer, 0, true, 0},
		"drop after commit": {fault{Kind: fourwayshoptest.Drop, AfterCommit: true}, rest.NoAnswer, 0, true, 1},
		"429":               {fault{Kind: fourwayshoptest.RateLimit, RetryAfter: "7"}, rest.Refused, 429, false, 0},
		"420":               {fault{Kind: fourwayshoptest.RateLimit, Status: 420, RetryAfter: "7"}, rest.Refused, 420, false, 0},
		"page":              {fault{Kind: fourwayshoptest.HTML}, rest.Unreadable, 200, true, 0},
		"page with 404":     {fault{Kind: fourwayshoptest.HTML, Status: 404}, rest.Refused, 404, true, 0},
		"page with 403":     {fault{Kind: fourwayshoptest.HTML, Status: 403}, rest.Refused, 403, true, 0},
		"malformed":         {fault{Kind: fourwayshoptest.Malformed}, rest.Unreadable, 200, true, 1},
		"truncated":         {fault{Kind: fourwayshoptest.Truncated}, rest.Unreadable, 200, true, 1},
		"silent":            {fault{Kind: fourwayshoptest.Silent}, rest.Contradictory, 200, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, fourwayshoptest.Options{})
			made := f.generate()
			tt.fault.Operation = fourwayshoptest.Update
			f.service.Inject(tt.fault)
			err := f.Update(t.Context(), f.activation(made.Barcode, "50.00"))
			e := requireError(t, err, tt.outcome)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, tt.ambiguous, fourwayshop.IsAmbiguous(err))
			require.Equal(t, tt.fault.RetryAfter != "", e.RetryAfter == 7*time.Second)
			require.Equal(t, strings.Contains(name, "page with 404"), fourwayshop.IsInconclusive(err))
			require.False(t, fourwayshop.Explains(err))
			require.Len(t, f.service.Queue().Records(), 1+tt.jobs)
			requireDiscreet(t, f, err, made.Barcode)
		})
	}
}

// requireDiscreet fails if an error holds what must not be stored.
func requireDiscreet(t *testing.T, f *fixture, err error, barcode fourwayshop.Barcode) {
	t.Helper()
	for _, format := range []string{"%v", "%+v"} {
		text := fmt.Sprintf(format, err)
		for _, secret := range []string{
			string(barcode), password, "tok.", "Steve Smith", f.receiver, "s3cret-token", "card-issue/1",
		} {
			require.NotContains(t, text, secret)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c := newClient(t, server.URL, newClock(), password)
	_, err := c.Get(t.Context(), "2000000001814")
	e := requireError(t, err, rest.NoAnswer)
	require.Equal(t, "log in", e.Op)
	require.False(t, fourwayshop.IsAmbiguous(err))
}

func TestPDF(t *testing.T) {
	t.Parallel()
	for _, inAnswer := range []bool{false, true} {
		f := start(t, fourwayshoptest.Options{PDFInAnswer: inAnswer})
		made := f.generate()
		ask := fourwayshop.PDFRequest{Barcodes: []fourwayshop.Barcode{made.Barcode}, Callback: f.receiver}
		link, err := f.RequestPDF(t.Context(), ask)
		require.NoError(t, err)
		if !inAnswer {
			require.Empty(t, link)
			link, err = fourwayshop.ParsePDF(<-f.callbacks)
			require.NoError(t, err)
		}
		require.True(t, strings.HasPrefix(string(link), f.url+"/files/"))
		require.Equal(t, "[redacted]", fmt.Sprint(link))

		ask.Barcodes = append(ask.Barcodes, "2000000001814")
		_, err = f.RequestPDF(t.Context(), ask)
		if !inAnswer {
			require.NoError(t, err)
			_, err = fourwayshop.ParsePDF(<-f.callbacks)
		}
		require.Equal(t, fourwayshop.UnknownBarcode, fourwayshop.ReasonOf(err))
	}
}

func TestATokenIsKeptAndRenewedEarly(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	ask := func(wantLogins int) {
		t.Helper()
		_, err := f.Get(t.Context(), "2000000001814")
		require.Equal(t, fourwayshop.UnknownBarcode, fourwayshop.ReasonOf(err))
		require.Equal(t, wantLogins, f.service.Stats().Requests[fourwayshoptest.Login][200])
	}
	ask(1)
	f.clock.Advance(250 * time.Second)
	ask(1)
	f.clock.Advance(10 * time.Second)
	ask(2)
	f.clock.Advance(time.Hour)
	ask(3)
	require.Zero(t, f.service.Stats().Requests[fourwayshoptest.Unknown][401])
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{NoExpiry: true})
	made := f.generate()
	f.clock.Advance(time.Hour) // The client does not know that the token expires.
	require.NoError(t, f.Update(t.Context(), f.activation(made.Barcode, "50.00")))
	require.NoError(t, f.service.Queue().Wait(t.Context()))
	stats := f.service.Stats()
	require.Equal(t, map[int]int{200: 2}, stats.Requests[fourwayshoptest.Login])
	require.Equal(t, map[int]int{401: 1}, stats.Requests[fourwayshoptest.Unknown])
	require.Equal(t, 1, stats.Activations)

	f.service.Inject(fourwayshoptest.Fault{
		Kind: fourwayshoptest.ServerError, Status: 401, Operation: fourwayshoptest.Get, Times: 9,
	})
	_, err := f.Get(t.Context(), made.Barcode)
	require.Equal(t, 401, requireError(t, err, rest.Refused).Status)
	require.Equal(t, map[int]int{401: 2}, f.service.Stats().Requests[fourwayshoptest.Get], "not without end")
}

func TestWrongCredentialsSaySo(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	c := newClient(t, f.url+"/api", f.clock, "not-the-password")
	err := c.Update(t.Context(), f.activation("2000000001814", "50.00"))
	e := requireError(t, err, rest.Refused)
	require.Equal(t, "log in", e.Op)
	require.Equal(t, 401, e.Status)
	require.Equal(t, "Access Denied.", e.Message)
	require.False(t, fourwayshop.IsAmbiguous(err), "the update was never sent")
	require.False(t, fourwayshop.IsInconclusive(err))
}

func TestATokenThatCannotBeRenewedEarlyStillWorks(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	made := f.generate()
	f.service.Inject(fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Operation: fourwayshoptest.Login, Times: 2})
	f.clock.Advance(270 * time.Second)
	_, err := f.Get(t.Context(), made.Barcode)
	require.NoError(t, err)
	f.clock.Advance(time.Minute)
	_, err = f.Get(t.Context(), made.Barcode)
	require.Equal(t, "log in", requireError(t, err, rest.Refused).Op, "expired in the meantime")
}

func TestManyRequestsShareOneLogin(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	var g errgroup.Group
	for range 20 {
		g.Go(func() error {
			_, err := f.Get(t.Context(), "2000000001814")
			if fourwayshop.ReasonOf(err) != fourwayshop.UnknownBarcode {
				return err
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.Equal(t, map[int]int{200: 1}, f.service.Stats().Requests[fourwayshoptest.Login])
}

func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	o := fourwayshop.Options{BaseURL: "https://shop.example.com", Username: username, Password: password}
	c, err := fourwayshop.New(o)
	require.NoError(t, err)
	barcode := fourwayshop.Barcode("2000000001814")
	card := fourwayshop.Card{ID: "X_" + barcode, Barcode: barcode}
	request := fourwayshop.UpdateRequest{Barcode: barcode}
	for _, value := range []any{o, c, barcode, &barcode, card, &card, request, []fourwayshop.Barcode{barcode}} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(format, value)
			require.NotContains(t, text, "2000000001814", format)
			require.NotContains(t, text, fmt.Sprintf("%x", "2000000001814"), format)
			require.NotContains(t, text, password, format)
		}
	}
	require.Equal(t, "*********1814", barcode.Masked())
	require.Equal(t, "*********", fourwayshop.Barcode("1814").Masked())
}
