package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

func faults(seed uint64) *simulator.Faults {
	refusal := func(status int) simulator.Answer {
		return simulator.Answer{Status: status, Body: map[string]string{"refused": "no"}}
	}
	return simulator.NewFaults(simulator.Service{
		Operations:  []simulator.Operation{"sell", "show"},
		Unavailable: refusal(503), Limited: refusal(420),
		Spoil: map[simulator.FaultKind]func([]byte) []byte{
			"upper": func(body []byte) []byte { return []byte(strings.ToUpper(string(body))) },
		},
	}, seed)
}

// The status 0 stands for a connection that is dropped.
func TestAFaultHappensBeforeOrAfterARequestTakesEffect(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault   simulator.Fault
		status  int
		retry   string
		body    string
		effects int
	}{
		"none":                   {simulator.Fault{}, 200, "", `{"a":"b"}`, 1},
		"error":                  {simulator.Fault{Kind: simulator.ServerError, RetryAfter: "3"}, 503, "3", `{"refused":"no"}`, 0},
		"error after commit":     {simulator.Fault{Kind: simulator.ServerError, Status: 500, AfterCommit: true}, 500, "", `{"refused":"no"}`, 1},
		"drop":                   {simulator.Fault{Kind: simulator.Drop}, 0, "", "", 0},
		"drop after commit":      {simulator.Fault{Kind: simulator.Drop, AfterCommit: true}, 0, "", "", 1},
		"slow":                   {simulator.Fault{Kind: simulator.Slow, Delay: 1}, 200, "", `{"a":"b"}`, 1},
		"slow after commit":      {simulator.Fault{Kind: simulator.Slow, Delay: 1, AfterCommit: true}, 200, "", `{"a":"b"}`, 1},
		"page":                   {simulator.Fault{Kind: simulator.HTML, Status: 404}, 404, "", "<title>", 0},
		"page after commit":      {simulator.Fault{Kind: simulator.HTML, AfterCommit: true}, 200, "", "<title>", 1},
		"limit":                  {simulator.Fault{Kind: simulator.RateLimit, RetryAfter: "7"}, 420, "7", `{"refused":"no"}`, 0},
		"limit is never later":   {simulator.Fault{Kind: simulator.RateLimit, Status: 429, AfterCommit: true}, 429, "", `{"refused":"no"}`, 0},
		"malformed":              {simulator.Fault{Kind: simulator.Malformed}, 200, "", `{'a':'b'}`, 1},
		"truncated":              {simulator.Fault{Kind: simulator.Truncated}, 200, "", `{"a"`, 1},
		"a kind of the service":  {simulator.Fault{Kind: "upper"}, 200, "", `{"A":"B"}`, 1},
		"the same, after commit": {simulator.Fault{Kind: "upper", AfterCommit: true}, 200, "", `{"A":"B"}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			effects := 0
			a := faults(1).Exchange(t.Context(), tt.fault, func() simulator.Answer {
				effects++
				return simulator.Answer{Status: 200, Body: map[string]string{"a": "b"}}
			})
			require.Equal(t, tt.effects, effects)
			if tt.status == 0 {
				require.PanicsWithValue(t, http.ErrAbortHandler, func() { a.Send(httptest.NewRecorder()) })
				return
			}
			w := httptest.NewRecorder()
			a.Send(w)
			require.Equal(t, tt.status, w.Code)
			require.Contains(t, w.Body.String(), tt.body)
			require.Equal(t, tt.retry, w.Header().Get("Retry-After"))
		})
	}
}

func TestFaultsAreDrawnInTurnByOperation(t *testing.T) {
	t.Parallel()
	f := faults(1)
	require.NoError(t, f.Inject(
		simulator.Fault{Kind: simulator.Drop, Operation: "show"},
		simulator.Fault{Kind: simulator.HTML, Operation: "sell", Times: 2},
		simulator.Fault{Kind: simulator.Slow},
	))
	for _, want := range []simulator.FaultKind{simulator.HTML, simulator.HTML, simulator.Slow, ""} {
		require.Equal(t, want, f.Draw("sell").Kind)
	}
	require.Equal(t, simulator.Drop, f.Draw("show").Kind)
	f.SetRandom(simulator.RandomFault{Rate: 1, Fault: simulator.Fault{Kind: simulator.Malformed, Operation: "sell"}})
	require.Equal(t, simulator.Malformed, f.Draw("sell").Kind)
	require.Empty(t, f.Draw("show"))
	f.Clear()
	require.Empty(t, f.Draw("sell"))
}

func TestRandomFaultsFollowTheirSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (kinds []simulator.FaultKind) {
		f := faults(seed)
		f.SetRandom(simulator.RandomFault{Rate: 0.5, Fault: simulator.Fault{Kind: simulator.Drop}})
		for range 64 {
			kinds = append(kinds, f.Draw("sell").Kind)
		}
		return kinds
	}
	once, again := run(1), run(1)
	require.Contains(t, once, simulator.Drop)
	require.Contains(t, once, simulator.FaultKind(""))
	require.Equal(t, once, again)
	require.NotEqual(t, once, run(2))
}

func TestControlRoutesOfFaults(t *testing.T) {
	t.Parallel()
	f, mux := faults(1), http.NewServeMux()
	f.Control(simulator.Control{Mux: mux})
	send := func(method, body string) int {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "/_control/faults", strings.NewReader(body)))
		return w.Code
	}
	require.Equal(t, 204, send(http.MethodPost, `{"faults":[{"kind":"upper","times":2,"after_commit":true,"delay":"5ms"}]}`))
	require.Equal(t, "upper_after_commit", f.Draw("sell").Name())
	require.Equal(t, 204, send(http.MethodPost, `{"random":[{"kind":"drop","rate":1}]}`))
	require.Equal(t, simulator.FaultKind("upper"), f.Draw("sell").Kind, "a queued fault stays")
	require.Equal(t, simulator.Drop, f.Draw("sell").Kind)
	for name, body := range map[string]string{
		"no kind":                              `{"faults":[{}]}`,
		"an unknown kind":                      `{"faults":[{"kind":"explode"}]}`,
		"an unknown operation":                 `{"faults":[{"kind":"drop","operation":"dance"}]}`,
		"an unknown operation, at random":      `{"random":[{"kind":"drop","operation":"dance","rate":1}]}`,
		"a status of success":                  `{"faults":[{"kind":"html","status":200}]}`,
		"a negative number":                    `{"faults":[{"kind":"html","times":-1}]}`,
		"a negative delay":                     `{"faults":[{"kind":"slow","delay":"-1s"}]}`,
		"a rate of one fault":                  `{"faults":[{"kind":"drop","rate":1}]}`,
		"no rate":                              `{"random":[{"kind":"drop"}]}`,
		"a field in another case":              `{"faults":[{"Kind":"drop"}]}`,
		"an unknown field":                     `{"faults":[{"kind":"drop","when":"now"}]}`,
		"two values":                           `{} {}`,
		"nothing":                              ``,
		"one that is good and one that is not": `{"faults":[{"kind":"html"},{"kind":"explode"}]}`,
	} {
		require.Equal(t, 400, send(http.MethodPost, body), name)
	}
	require.Equal(t, simulator.Drop, f.Draw("sell").Kind, "nothing was queued")
	require.Equal(t, 204, send(http.MethodDelete, ""))
	require.Empty(t, f.Draw("sell"))
}
