package cashstartest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	type fault = cashstartest.Fault
	tests := []struct {
		name       string
		fault      fault
		status     int // 0: the connection is dropped
		retryAfter string
		cards      int
		body       string
	}{
		{"503", fault{Kind: cashstartest.ServerError, RetryAfter: "3"}, 503, "3", 0, "not available"},
		{"500 after commit", fault{Kind: cashstartest.ServerError, Status: 500, AfterCommit: true}, 500, "", 1, ""},
		{"drop", fault{Kind: cashstartest.Drop}, 0, "", 0, ""},
		{"drop after commit", fault{Kind: cashstartest.Drop, AfterCommit: true}, 0, "", 1, ""},
		{"420", fault{Kind: cashstartest.RateLimit, RetryAfter: "7"}, 420, "7", 0, "calm"},
		{"429", fault{Kind: cashstartest.RateLimit, Status: 429, AfterCommit: true}, 429, "", 0, "calm"},
		{"HTML", fault{Kind: cashstartest.HTML}, 200, "", 0, "<title>"},
		{"HTML after commit", fault{Kind: cashstartest.HTML, AfterCommit: true}, 200, "", 1, "<title>"},
		{"HTML 404", fault{Kind: cashstartest.HTML, Status: 404}, 404, "", 0, "<title>"},
		{"HTML 409", fault{Kind: cashstartest.HTML, Status: 409}, 409, "", 0, "<title>"},
		{"malformed", fault{Kind: cashstartest.Malformed}, 200, "", 1, "{'order'"},
		{"truncated", fault{Kind: cashstartest.Truncated}, 200, "", 1, `{"order":{`},
		{"wrong merchant", fault{Kind: cashstartest.WrongMerchant}, 200, "", 1, `"merchant_code":"NOT-THE-ONE"`},
		{"slow", fault{Kind: cashstartest.Slow, Delay: time.Nanosecond}, 200, "", 1, "egc_code"},
		{"slow after commit", fault{Kind: cashstartest.Slow, Delay: 1, AfterCommit: true}, 200, "", 1, "egc_code"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, cashstartest.Options{})
			f.Inject(tt.fault)
			resp, body, err := f.try(t.Context(), http.MethodPost, "/v2/order/", goodOrder, nil)
			if tt.status == 0 {
				require.Error(t, err)
			} else {
				require.NoError(t, err)
				require.Equal(t, tt.status, resp.StatusCode)
				require.Equal(t, tt.retryAfter, resp.Header.Get("Retry-After"))
				require.Contains(t, body, tt.body)
			}
			switch tt.fault.Kind {
			case cashstartest.Drop, cashstartest.HTML, cashstartest.Malformed, cashstartest.Truncated:
				require.False(t, json.Valid([]byte(body)))
			default:
				require.True(t, json.Valid([]byte(body)))
			}
			require.Len(t, f.Cards(), tt.cards)
			require.Equal(t, map[int]int{tt.status: 1}, f.Stats().Requests[cashstartest.CreateOrder])

			status, _ := f.order(audit(1))
			require.Equal(t, http.StatusOK, status, "the fault is over")
			if tt.cards == 1 {
				require.Equal(t, "TWS", f.Cards()[0].MerchantCode)
			}
		})
	}
}

func TestAbandonedOrderIsCarriedOut(t *testing.T) {
	t.Parallel()
	for _, afterCommit := range []bool{false, true} {
		ctx, giveUp := context.WithCancel(t.Context())
		f := start(t, cashstartest.Options{Fault: func(cashstartest.Request) *cashstartest.Fault {
			giveUp()
			return &cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour, AfterCommit: afterCommit}
		}})
		_, _, err := f.try(ctx, http.MethodPost, "/v2/order/", goodOrder, nil)
		require.ErrorIs(t, err, context.Canceled)
		f.stop() // waits for the request
		require.Len(t, f.Cards(), 1)
	}
}

func TestLatencyAndSlowness(t *testing.T) {
	t.Parallel()
	for _, afterCommit := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := cashstartest.New(cashstartest.Options{Username: "u", Password: "p", Latency: time.Minute})
			s.Inject(cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour, AfterCommit: afterCommit})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v2/merchant/", nil)
			r.SetBasicAuth("u", "p")
			r.Header.Set("Accept", "application/json")
			w := httptest.NewRecorder()
			begin := time.Now()
			s.ServeHTTP(w, r)
			require.Equal(t, time.Hour+time.Minute, time.Since(begin))
			require.Equal(t, http.StatusOK, w.Code)
		})
	}
}

func TestFaultsMatchOperationsInTurn(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	f.Inject(
		cashstartest.Fault{Kind: cashstartest.ServerError, Status: 502, Operation: cashstartest.ListMerchants},
		cashstartest.Fault{Kind: cashstartest.ServerError, Status: 500, Operation: cashstartest.CreateOrder, Times: 2},
		cashstartest.Fault{Kind: cashstartest.ServerError},
	)
	for _, want := range []int{500, 500, 503, 200} {
		status, _ := f.order(goodOrder)
		require.Equal(t, want, status)
	}
	for _, want := range []int{502, 200} {
		status, _ := f.send(http.MethodGet, "/v2/merchant/", "")
		require.Equal(t, want, status)
	}
	f.Inject(cashstartest.Fault{Kind: cashstartest.ServerError})
	f.ClearFaults()
	status, _ := f.send(http.MethodGet, "/v2/merchant/", "")
	require.Equal(t, http.StatusOK, status)
}

func TestInjectPanicsOnNoFault(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	require.Panics(t, func() { f.Inject(cashstartest.Fault{Kind: "explode"}) })
	require.Panics(t, func() { f.Inject(cashstartest.Fault{Kind: cashstartest.Drop, Operation: "dance"}) })
	require.Panics(t, func() { f.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: 200}) })
	require.Panics(t, func() { f.Inject(cashstartest.Fault{Kind: cashstartest.Drop, Times: -1}) })
}

func TestFaultHook(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{Fault: func(r cashstartest.Request) *cashstartest.Fault {
		if r.AuditNumber == "audit-1" && r.MerchantCode == "TWS" {
			return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: 500}
		}
		if r.EGCCode == "x" {
			return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: 502}
		}
		return nil
	}})
	for n, want := range []int{200, 500, 200} {
		status, _ := f.order(audit(n))
		require.Equal(t, want, status)
	}
	status, _ := f.send(http.MethodDelete, "/v2/merchant/TWS/egc/x/", "")
	require.Equal(t, http.StatusBadGateway, status)
}

func TestRandomFaultsFollowTheSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) []int {
		f := start(t, cashstartest.Options{Seed: seed, Random: []cashstartest.RandomFault{
			{Rate: 0.5, Fault: cashstartest.Fault{Kind: cashstartest.ServerError, Operation: cashstartest.CreateOrder}},
		}})
		var statuses []int
		for n := range 64 {
			status, _ := f.order(audit(n))
			statuses = append(statuses, status)
		}
		status, _ := f.send(http.MethodGet, "/v2/merchant/", "")
		require.Equal(t, http.StatusOK, status)
		return statuses
	}
	first := run(1)
	require.Contains(t, first, 200)
	require.Contains(t, first, 503)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
}

func TestMaxRPS(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	clock := make(chan time.Time, 1)
	clock <- now
	f := start(t, cashstartest.Options{MaxRPS: 2, Now: func() time.Time {
		now := <-clock
		clock <- now
		return now
	}})
	burst := func(want ...int) {
		for _, want := range want {
			resp, _, err := f.try(t.Context(), http.MethodGet, "/v2/merchant/", "", nil)
			require.NoError(t, err)
			require.Equal(t, want, resp.StatusCode)
			require.Equal(t, want == 420, resp.Header.Get("Retry-After") == "1")
		}
	}
	advance := func(d time.Duration) { clock <- (<-clock).Add(d) }
	burst(200, 200, 420)
	advance(500 * time.Millisecond)
	burst(200, 420)
	advance(time.Minute)
	burst(200, 200, 420)
	require.Equal(t, 3, f.Stats().Violations)
	require.Equal(t, 5, f.Stats().Requests[cashstartest.ListMerchants][200])
}

func TestControlRoutes(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{Latency: time.Nanosecond})
	send := func(method, route, body string, want int) string {
		t.Helper()
		resp, answer, err := f.try(t.Context(), method, "/_control/"+route, body, func(r *http.Request) {
			r.Header = make(http.Header)
		})
		require.NoError(t, err)
		require.Equal(t, want, resp.StatusCode, answer)
		return answer
	}
	send("POST", "merchants", `{"name":"New","legal_name":"New Inc","merchant_code":"N","currencies":["EUR"]}`, 204)
	status, _ := f.order(strings.NewReplacer(`"TWS"`, `"N"`, `"USD"`, `"EUR"`).Replace(goodOrder))
	require.Equal(t, http.StatusOK, status)
	var merchants []cashstartest.Merchant
	require.NoError(t, json.Unmarshal([]byte(send("GET", "merchants", "", 200)), &merchants))
	require.Equal(t, f.Merchants(), merchants)
	require.Equal(t, "New Inc", merchants[len(merchants)-1].LegalName)

	send("POST", "faults", `{"faults":[
		{"kind":"server_error","operation":"create_order","status":500,"times":2,"after_commit":true},
		{"kind":"slow","delay":"1ns"},
		{"kind":"rate_limit","retry_after":"7"}]}`, 204)
	for n, want := range []int{500, 500, 200, 420, 200} {
		status, _ = f.order(audit(n))
		require.Equal(t, want, status)
	}
	send("POST", "faults", `{"random":[{"kind":"server_error","rate":1}]}`, 204)
	status, _ = f.order(audit(9))
	require.Equal(t, http.StatusServiceUnavailable, status)
	send("DELETE", "faults", "", 204)
	status, _ = f.order(audit(9))
	require.Equal(t, http.StatusOK, status)

	var cards []cashstartest.Card
	require.NoError(t, json.Unmarshal([]byte(send("GET", "cards", "", 200)), &cards))
	require.Len(t, cards, len(f.Cards()))
	require.Equal(t, "N", cards[0].MerchantCode)
	var stats cashstartest.Stats
	require.NoError(t, json.Unmarshal([]byte(send("GET", "stats", "", 200)), &stats))
	require.Equal(t, f.Stats(), stats)
	require.Equal(t, map[string]int{"server_error_after_commit": 2, "slow": 1, "rate_limit": 1, "server_error": 1}, stats.Faults)

	for route, bodies := range map[string][]string{
		"merchants": {
			``, `{`, `{"merchant_code":"N"}`, `{"currencies":["EUR"]}`,
			`{"merchant_code":"N","currencies":["EUR"],"colour":"red"}`,
		},
		"faults": {
			``, `[]`, `{"fault":[]}`, `{"faults":[{"kind":"explode"}]}`, `{"faults":[{"kind":"drop","when":"now"}]}`,
			`{"faults":[{"kind":"slow","delay":"5"}]}`, `{"faults":[{"kind":"drop","rate":1}]}`,
			`{"random":[{"kind":"drop"}]}`, `{"random":[{"kind":"drop","rate":2}]}`,
			`{"faults":[{"kind":"drop","operation":"dance"}]}`, `{"faults":[{"Kind":"drop"}]}`,
		},
	} {
		for _, body := range bodies {
			send("POST", route, body, 400)
		}
	}
	send("POST", "cards", "", 405)
	send("GET", "secrets", "", 404)
}
