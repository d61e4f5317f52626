package mischief_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// Whatever the seed, as many customers as a run has are enough for every trouble.
func TestEveryTroubleBefallsEnoughCustomers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		m := mischief.NewMessages(seed)
		faults := 0
		for n := range 6 * len(happenings.MessageTroubles) {
			for range 4 {
				if m.Fault(sonartest.Request{To: fmt.Sprintf("+1415555%04d", n)}) != nil {
					faults++
				}
			}
		}
		befallen := m.Befallen()
		for _, what := range happenings.MessageTroubles {
			require.Equal(t, plan.LeastBefallen, befallen[what], "seed %d: %s", seed, what)
		}
		require.Equal(t, plan.LeastBefallen*(len(happenings.MessageTroubles)+2+1+1+2), faults, "some befall a customer several times")
	}
}

// While everybody is refused, customers are counted, and a request counts as none.
func TestEverybodyIsRefused(t *testing.T) {
	t.Parallel()
	m := mischief.NewMessages(1)
	service := sonartest.New(sonartest.Options{Token: "token"})
	m.Refuse = service.Refuse
	handler := m.Handler(service)
	request := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Token", "token")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	send := func(to string) *httptest.ResponseRecorder {
		return request(http.MethodPost, "/api/v1/messages", url.Values{"to": {to}, "text": {"Hello"}}.Encode())
	}
	refuse := func(what string) {
		require.Equal(t, http.StatusNoContent, request(http.MethodPut, mischief.RefusedPath, `{"refused": "`+what+`"}`).Code)
	}
	refuse("token")
	refuse("")
	refuse("account")
	for i := range plan.LeastBefallen {
		w := send("+1415555010" + strconv.Itoa(i))
		require.Equal(t, http.StatusUnauthorized, w.Code, "it lasts until it has befallen enough")
		require.Contains(t, w.Body.String(), "Bad Token")
	}
	for range 10 * plan.LeastBefallen {
		w := send("+14155550105")
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Contains(t, w.Body.String(), "No Active Subscription")
	}
	require.Equal(t, http.StatusAccepted, send("+14155550107").Code, "one customer alone does not make it last")
	require.Equal(t, http.StatusBadRequest, request(http.MethodPut, mischief.RefusedPath, "token").Code)
	require.Equal(t, map[plan.What]int{
		happenings.MessageTokenRefused: plan.LeastBefallen, happenings.MessageNoAccount: 1,
	}, m.Befallen())
	var asked map[string]int
	require.NoError(t, json.Unmarshal(request(http.MethodGet, mischief.AskedPath, "").Body.Bytes(), &asked))
	require.Equal(t, map[string]int{"+14155550107": 1}, asked)
	var befallen map[plan.What]int
	require.NoError(t, json.Unmarshal(request(http.MethodGet, mischief.MessagesPath, "").Body.Bytes(), &befallen))
	require.Equal(t, m.Befallen(), befallen)
}
