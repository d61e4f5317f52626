package fourwayshoptest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
)

type fixture struct {
	*fourwayshoptest.Server
	t         *testing.T
	url       string
	token     string
	receiver  string
	callbacks chan string
}

func start(t *testing.T, o fourwayshoptest.Options) *fixture {
	t.Helper()
	f := &fixture{t: t, callbacks: make(chan string, 100)}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.callbacks <- string(body)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	f.receiver = receiver.URL + "/c"
	o.Username, o.Password = "giftbridge", "hunter2"
	o.Items = []ledger.Item{{Code: "GIFT", Currency: "EUR", Amounts: []string{"50.00"}}}
	f.Server = fourwayshoptest.New(o)
	t.Cleanup(f.Stop)
	server := httptest.NewServer(f.Server)
	t.Cleanup(server.Close)
	f.url = server.URL
	status, body := f.send(http.MethodPost, "/api/login", `{"username":"giftbridge","password":"hunter2"}`, nil)
	require.Equal(t, 200, status)
	var answer struct{ Token string }
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	f.token = answer.Token
	return f
}

// send sends a request with the headers of a well-behaved client. The change function may break them.
func (f *fixture) send(method, path, body string, change func(*http.Request)) (int, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	require.NoError(f.t, err)
	req.Header.Set("Authorization", "Bearer "+f.token)
	req.Header.Set("Accept", "application/json")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(req)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(f.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(f.t, err)
	return resp.StatusCode, string(b)
}

func (f *fixture) post(service, body string) (int, string) {
	f.t.Helper()
	return f.send(http.MethodPost, "/api/giftcard/"+service, strings.ReplaceAll(body, "$callback", f.receiver), nil)
}

const (
	goodGenerate = `{"itemCode":"GIFT","giftcards":2,"callback":"$callback"}`
	goodUpdate   = `{"entityCode":440,"barcode":"$barcode","amount":50.00,"activationDate":"2026-07-01 12:00:00","country":"IT",` +
		`"branchCode":"1","priceList":"1","currencySymbol":"€","currency":"EUR","callback":"$callback","payload":"p"}`
)

func (f *fixture) activate(barcode string) {
	f.t.Helper()
	status, body := f.post("update", strings.ReplaceAll(goodUpdate, "$barcode", barcode))
	require.Equal(f.t, 200, status)
	require.JSONEq(f.t, `{"success":true}`, body)
}

func (f *fixture) generate() string {
	f.t.Helper()
	status, body := f.post("generate", goodGenerate)
	require.Equal(f.t, 200, status, body)
	require.JSONEq(f.t, `{"success":true}`, body)
	require.NoError(f.t, f.Queue().Wait(f.t.Context()))
	return f.Cards()[0].Barcode
}

// Get answers in the shape of the published sample: the same fields, with the same types.
func TestACardIsShapedLikeThePublishedSample(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	barcode := f.generate()
	f.activate(barcode)
	require.NoError(t, f.Queue().Wait(t.Context()))
	status, got := f.send(http.MethodGet, "/api/giftcard?barcode="+barcode, "", nil)
	require.Equal(t, 200, status)
	sample, err := os.ReadFile("../testdata/get.json")
	require.NoError(t, err)
	require.Equal(t, shape(t, string(sample)), shape(t, got))
}

func shape(t *testing.T, body string) map[string]string {
	t.Helper()
	var tree struct {
		Success  bool           `json:"success"`
		Giftcard map[string]any `json:"giftcard"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &tree))
	require.True(t, tree.Success)
	out := map[string]string{}
	for name, value := range tree.Giftcard {
		out[name] = fmt.Sprintf("%T", value)
	}
	return out
}

func TestCallbacksAsPublished(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	barcode := f.generate()
	require.Regexp(t, `^\{"success":true,"giftcards":\[\{"barcode":"\d{13}","startValidity":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",`+
		`"endValidity":"[^"]+"\},\{[^}]+\}\]\}$`, <-f.callbacks)
	f.activate(barcode)
	require.Regexp(t, `^\{"success":true,"id":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}","payload":"p"\}$`,
		<-f.callbacks)
	f.activate("4440000000000")
	require.JSONEq(t, `{"success":false,"message":"barcode not found","payload":"p"}`, <-f.callbacks)
	f.post("generate", strings.Replace(goodGenerate, "GIFT", "GONE", 1))
	require.JSONEq(t, `{"success":false,"message":"itemCode not found"}`, <-f.callbacks)
}

func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{RefusalStatus: 400, EntityCodes: []string{"440"}})
	for _, tt := range []struct{ service, old, replacement, want string }{
		{"generate", `{"itemCode"`, `itemCode`, "not an object"},
		{"generate", `"itemCode"`, `"itemcode"`, "unknown field"},
		{"generate", `"itemCode"`, `"colour":1,"itemCode"`, "unknown field"},
		{"generate", `"GIFT"`, `""`, "itemCode is required"},
		{"generate", `"giftcards":2`, `"giftcards":0`, "giftcards must be"},
		{"generate", `"giftcards":2`, `"giftcards":"2"`, "not valid"},
		{"generate", `"$callback"`, `"example.com"`, "callback must be a URL"},
		{"update", `440`, `441`, "entityCode is unknown"},
		{"update", `"entityCode":440,`, ``, "entityCode is required"},
		{"update", `"$barcode"`, `""`, "barcode is required"},
		{"update", `50.00`, `"50.00"`, "amount must be a number"},
		{"update", `50.00`, `0`, "amount must be a number"},
		{"update", `50.00`, `50.001`, "amount must be a number"},
		{"update", `2026-07-01 12:00:00`, `2026-07-01T12:00:00Z`, "activationDate"},
		{"update", `"IT"`, `"Italy"`, "country"},
		{"update", `"branchCode":"1",`, ``, "branchCode"},
		{"update", `"priceList":"1",`, ``, "priceList"},
		{"update", `"currencySymbol":"€",`, ``, "currencySymbol"},
		{"update", `"EUR"`, `"eur"`, "currency"},
		{"update", `"$callback"`, `"x"`, "callback must be a URL"},
	} {
		good := map[string]string{"generate": goodGenerate, "update": goodUpdate}[tt.service]
		bad := strings.Replace(good, tt.old, tt.replacement, 1)
		require.NotEqual(t, good, bad)
		status, body := f.post(tt.service, bad)
		require.Equal(t, 400, status, body)
		require.Contains(t, body, `"success":false`)
		require.Contains(t, body, tt.want)
	}
	require.Empty(t, f.Queue().Records())
}

func TestHeadersMethodsAndPathsAreChecked(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, tt := range map[string]struct {
		method, path string
		change       func(*http.Request)
		want         int
	}{
		"no token":         {"GET", "/api/giftcard?barcode=1", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"wrong token":      {"GET", "/api/giftcard?barcode=1", header("Authorization", "Bearer tok.x"), 401},
		"no Bearer":        {"GET", "/api/giftcard?barcode=1", header("Authorization", f.token), 401},
		"no Accept":        {"GET", "/api/giftcard?barcode=1", func(r *http.Request) { r.Header.Del("Accept") }, 406},
		"another path":     {"GET", "/api/giftcards", nil, 404},
		"a slash":          {"GET", "/api/giftcard/", nil, 404},
		"another base":     {"GET", "/giftcard", nil, 404},
		"another method":   {"POST", "/api/giftcard", nil, 405},
		"GET of an update": {"GET", "/api/giftcard/update", nil, 405},
		"unknown file":     {"GET", "/files/x.pdf", nil, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, body := f.send(tt.method, tt.path, "", tt.change)
			require.Equal(t, tt.want, status)
			require.NotContains(t, body, "success")
		})
	}
	for _, query := range []string{"", "?barcode=", "?barcode=1&barcode=2", "?code=1", "?barcode=1&x=2"} {
		_, body := f.send(http.MethodGet, "/api/giftcard"+query, "", nil)
		require.JSONEq(t, `{"success":false,"message":"barcode is required"}`, body, query)
	}
	for _, body := range []string{`{"username":"giftbridge","password":"x"}`, `{"username":"x","password":"hunter2"}`, `{}`} {
		status, answer := f.send(http.MethodPost, "/api/login", body, nil)
		require.Equal(t, 401, status)
		require.JSONEq(t, `{"message":"Access Denied."}`, answer)
	}
}

func TestAForgersCallbackComesFirst(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	f.Befall(fourwayshoptest.Trouble{Kind: jobs.Forged, Operation: fourwayshoptest.Generate})
	f.post("generate", strings.Replace(goodGenerate, "2", "1", 1))
	require.NoError(t, f.Queue().Wait(t.Context()))
	both := <-f.callbacks + <-f.callbacks
	cards := f.Cards()
	require.Len(t, cards, 2)
	for _, c := range cards {
		require.Contains(t, both, c.Barcode)
		status, body := f.send(http.MethodGet, "/api/giftcard?barcode="+c.Barcode, "", nil)
		require.Equal(t, 200, status)
		require.Contains(t, body, `"flgActive":"N"`)
		if c.Forged {
			f.activate(c.Barcode)
		}
	}
	require.NoError(t, f.Queue().Wait(t.Context()))
	stats := f.Stats()
	require.Equal(t, 1, stats.Forged)
	require.Equal(t, 1, stats.ForgedActive)
	require.Equal(t, map[string]ledger.Hundredths{"EUR": 5000}, stats.GivenAway)
	require.Equal(t, map[jobs.TroubleKind]int{jobs.Forged: 1}, stats.Troubles)
	require.Equal(t, map[int]int{204: 2}, stats.Callbacks)
}

func TestControlRoutes(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	control := func(method, route, body string) (int, string) {
		return f.send(method, "/_control/"+route, body, func(r *http.Request) { r.Header.Del("Authorization") })
	}
	for route, body := range map[string]string{
		"items":    `{"code":"OTHER","currency":"USD"}`,
		"faults":   `{"faults":[{"kind":"silent","operation":"get"}],"random":[]}`,
		"troubles": `{"troubles":[{"kind":"twice","operation":"generate"}],"random":[{"kind":"never","operation":"make_pdf","rate":1}]}`,
		"queue":    `{"takes":"0s","paused":false}`,
	} {
		status, answer := control(http.MethodPost, route, body)
		require.Equal(t, 204, status, answer)
	}
	f.generate()
	require.Len(t, f.callbacks, 2)
	_, body := f.send(http.MethodGet, "/api/giftcard?barcode=1", "", nil)
	require.Equal(t, "{}", body)
	for route, want := range map[string]string{
		"cards": `"item_code":"GIFT"`, "jobs": `"trouble":"twice"`, "items": `"code":"OTHER"`, "stats": `"orphans":2`,
	} {
		status, answer := control(http.MethodGet, route, "")
		require.Equal(t, 200, status)
		require.Contains(t, answer, want)
	}
	for route, body := range map[string]string{
		"items": `{"code":"OTHER"}`, "faults": `{"faults":[{"kind":"explode"}]}`, "troubles": `{"troubles":[{"kind":"explode"}]}`,
		"queue": `{"takes":3}`,
	} {
		status, _ := control(http.MethodPost, route, body)
		require.Equal(t, 400, status, route)
	}
	status, _ := control(http.MethodPost, "troubles", `{"random":[{"kind":"late","operation":"dance","rate":1}]}`)
	require.Equal(t, 400, status)
	for _, route := range []string{"faults", "troubles", "tokens"} {
		status, _ := control(http.MethodDelete, route, "")
		require.Equal(t, 204, status)
	}
	status, _ = f.send(http.MethodGet, "/api/giftcard?barcode=1", "", nil)
	require.Equal(t, 401, status, "the tokens are revoked")
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{MaxRPS: 0.001})
	status, body := f.send(http.MethodGet, "/api/giftcard?barcode=1", "", nil) // The login took what there was.
	require.Equal(t, 429, status)
	require.NotContains(t, body, "success")
	require.Equal(t, 1, f.Stats().Violations)
}

func TestATillSpends(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{Fault: func(r fourwayshoptest.Request) *fourwayshoptest.Fault {
		if r.Operation == fourwayshoptest.Get && r.Barcode == "1" {
			return &fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Status: 502}
		}
		return nil
	}})
	barcode := f.generate()
	require.Equal(t, ledger.NotActive, f.Spend(barcode, 1))
	f.activate(barcode)
	require.NoError(t, f.Queue().Wait(t.Context()))
	require.Empty(t, f.Spend(barcode, 1050))
	_, body := f.send(http.MethodGet, "/api/giftcard?barcode="+barcode, "", nil)
	require.Contains(t, body, `"originalAmount":50,"amount":39.5,`)
	status, _ := f.send(http.MethodGet, "/api/giftcard?barcode=1", "", nil)
	require.Equal(t, 502, status)
	require.Equal(t, map[string]int{"server_error": 1}, f.Stats().Faults)
	require.Panics(t, func() { f.Inject(fourwayshoptest.Fault{Kind: "explode"}) })
	require.Panics(t, func() { f.Befall(fourwayshoptest.Trouble{Kind: "explode"}) })
	f.Clear()
}

// Spends of one card wait in the queue, and each is judged by what those before it have left, and by what a till took meanwhile.
func TestSpendsWaitInTheQueue(t *testing.T) {
	t.Parallel()
	for overdraws, want := range map[bool]struct {
		left           string
		spends, failed int
		totals         []int
	}{
		false: {`"amount":5,`, 3, 1, []int{0, 0}}, true: {`"amount":-15,`, 4, 0, []int{1, 1}},
	} {
		t.Run(fmt.Sprint(overdraws), func(t *testing.T) {
			t.Parallel()
			f := start(t, fourwayshoptest.Options{Rules: ledger.Rules{Overdraws: overdraws}})
			barcode := f.Issue("GIFT", 5000)
			f.Queue().Pause(true)
			for _, payload := range []string{"r-1", "r-2", "r-3"} {
				status, body := f.post("update", fmt.Sprintf(
					`{"entityCode":440,"barcode":%q,"amount":-20,"callback":"$callback","payload":%q}`, barcode, payload))
				require.Equal(t, 200, status, body)
				require.JSONEq(t, `{"success":true}`, body)
			}
			_, body := f.send(http.MethodGet, "/api/giftcard?barcode="+barcode, "", nil)
			require.Contains(t, body, `"amount":50,`, "nothing is to be seen of what waits")
			status, body := f.send(http.MethodPost, "/_control/till", `{"barcode":"`+barcode+`","amount":"5.00"}`, nil)
			require.Equal(t, 204, status, body)
			f.Queue().Pause(false)
			require.NoError(t, f.Queue().Wait(t.Context()))

			_, body = f.send(http.MethodGet, "/api/giftcard?barcode="+barcode, "", nil)
			require.Contains(t, body, want.left)
			failed := 0
			for range 3 {
				if said := <-f.callbacks; strings.Contains(said, "insufficient amount") {
					require.Contains(t, said, `"payload":"r-3"`)
					failed++
				}
			}
			require.Equal(t, want.failed, failed)
			card, stats := f.Cards()[0], f.Stats()
			require.Equal(t, want.spends, card.Spends)
			require.Equal(t, want.spends, stats.Spends)
			require.Equal(t, want.totals, []int{stats.Overdrafts, stats.Overdrawn})
			require.Zero(t, stats.SpentTwice)
			done := map[string]bool{fourwayshoptest.TillID: true, "shop": true}
			for _, r := range f.Queue().Records() {
				done[r.ID] = true
			}
			for _, m := range card.Movements {
				require.True(t, done[m.ID], "a movement without a job")
				delete(done, m.ID)
			}
			require.Len(t, done, failed, "a job without a movement has failed")
		})
	}
}

// A till is refused by the ledger, too.
func TestTheTillsOfOthers(t *testing.T) {
	t.Parallel()
	f := start(t, fourwayshoptest.Options{})
	f.AddItem(ledger.Item{Code: "WHOLE", Currency: "EUR", WholeOnly: true})
	barcode := f.Issue("WHOLE", 5000)
	for amount, says := range map[string]string{
		"50.01": "insufficient amount", "49.99": "not usable in parts", "0.00": "above zero", "-5.00": "above zero", "x": "not an amount",
	} {
		status, body := f.send(http.MethodPost, "/_control/till", `{"barcode":"`+barcode+`","amount":"`+amount+`"}`, nil)
		require.Equal(t, 400, status, amount)
		require.Contains(t, body, says)
	}
	_, body := f.send(http.MethodGet, "/api/giftcard?barcode="+barcode, "", nil)
	require.Contains(t, body, `"flgPartiallyUsage":"N"`)
	require.Panics(t, func() { f.Issue("NOTHING", 5000) })
	require.Panics(t, func() { f.Issue("GIFT", 4999) })
	require.Equal(t, 1, f.Stats().Activations)
}
