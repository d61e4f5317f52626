package cashstartest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
)

func TestDuplicates(t *testing.T) {
	t.Parallel()
	otherOrder := strings.Replace(goodOrder, `"10.00"`, `"11.00"`, 1)
	tests := []struct {
		duplicates   cashstartest.Duplicates
		same, other  int
		cards, count int
	}{
		{"", 409, 400, 1, 2},
		{cashstartest.RefuseDuplicates, 409, 400, 1, 2},
		{cashstartest.AnswerExisting, 200, 400, 1, 2},
		{cashstartest.IssueAgain, 200, 200, 3, 2},
	}
	for _, tt := range tests {
		t.Run(string(tt.duplicates), func(t *testing.T) {
			t.Parallel()
			f := start(t, cashstartest.Options{Duplicates: tt.duplicates})
			status, first := f.order(goodOrder)
			require.Equal(t, http.StatusOK, status)
			status, second := f.order(goodOrder)
			require.Equal(t, tt.same, status)
			if tt.duplicates == cashstartest.AnswerExisting {
				require.Equal(t, first, second)
			} else {
				require.NotEqual(t, first, second)
			}
			status, _ = f.order(otherOrder)
			require.Equal(t, tt.other, status)
			require.Len(t, f.Cards(), tt.cards)
			require.Equal(t, tt.count, f.Stats().Repeated)
		})
	}
}

func TestWhatMakesAnOrderDifferent(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{})
	status, _ := f.order(goodOrder)
	require.Equal(t, http.StatusOK, status)
	tests := []struct {
		old, replacement string
		want             int
	}{
		{`"10.00"`, `"11.00"`, 400},
		{`"currency":"USD"`, `"currency":"CAD"`, 400},
		{`"currency":"USD"`, `"currency":"USD","additional_content":{"type":"TEXT","content":"x"}`, 400},
		{`"challenge":"steve@example.com"`, `"challenge":"steve"`, 400},
		{`"your email address"`, `"your name"`, 400},
		{`"delivered_by":"CASHSTAR"`, `"delivered_by":"CLIENT"`, 400},
		{`"target":"steve@example.com"`, `"target":"stove@example.com"`, 400},
		{`19:20:30+01:00`, `19:20:31+01:00`, 400},
		{`"grandma"`, `"grandpa"`, 400},
		{`19:20:30+01:00`, `18:20:30Z`, 409},
		{`"delivered_by":"CASHSTAR",`, ``, 409},
	}
	for _, tt := range tests {
		body := strings.Replace(goodOrder, tt.old, tt.replacement, 1)
		require.NotEqual(t, goodOrder, body)
		status, _ := f.order(body)
		require.Equal(t, tt.want, status, tt.replacement)
	}
	require.Len(t, f.Cards(), 1)
}

func TestConcurrentDuplicatesIssueOneCard(t *testing.T) {
	t.Parallel()
	f := start(t, cashstartest.Options{Decline: func(cashstartest.Card) string { return "" }})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			resp, _, err := f.try(t.Context(), http.MethodPost, "/v2/order/", goodOrder, nil)
			if err != nil || (resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusConflict) {
				t.Errorf("status of an order: %v, %v", resp, err)
			}
		})
	}
	wg.Wait()
	require.Len(t, f.Cards(), 1)
	require.Equal(t, map[int]int{200: 1, 409: 15}, f.Stats().Requests[cashstartest.CreateOrder])
}

func TestDecline(t *testing.T) {
	t.Parallel()
	var f fixture
	f = start(t, cashstartest.Options{Decline: func(c cashstartest.Card) string {
		_ = f.Cards() // hooks may call methods of the server
		if c.InitialBalance == "10.00" && c.Target == "steve@example.com" {
			return "this account may not order cards of 10.00"
		}
		return ""
	}})
	status, answer := f.order(goodOrder)
	require.Equal(t, http.StatusForbidden, status)
	require.JSONEq(t, `{"error":"this account may not order cards of 10.00"}`, answer)
	require.Empty(t, f.Cards())
	status, _ = f.order(strings.Replace(goodOrder, `"10.00"`, `"11.00"`, 1))
	require.Equal(t, http.StatusOK, status)
}

func TestLedger(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	f := start(t, cashstartest.Options{Now: func() time.Time { return now }})
	for n := range 70 { // more than one digit of a card's code can count
		status, _ := f.order(audit(n))
		require.Equal(t, http.StatusOK, status)
	}
	codes := make(map[string]bool)
	for n, c := range f.Cards() {
		require.Equal(t, fmt.Sprintf("audit-%d", n), c.AuditNumber)
		codes[c.EGCCode] = true
	}
	require.Len(t, codes, 70)
	c := f.Cards()[0]
	require.Equal(t, []string{"TWS", "10.00", "USD", "ACTIVE"},
		[]string{c.MerchantCode, c.InitialBalance, c.Currency, c.Status})
	require.Equal(t, "steve@example.com", c.Target)
	require.Equal(t, cashstartest.Message{
		From: "The Smiths", To: "grandma", Body: "Thanks so much for everything you’ve done",
	}, c.Message)
	require.Equal(t, now, c.Created)
	require.True(t, c.Scheduled.Equal(time.Date(1997, 7, 16, 18, 20, 30, 0, time.UTC)))
}
