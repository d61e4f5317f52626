package redemption_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

var states = []redemption.State{
	redemption.Accepted, redemption.Succeeded, redemption.Declined, redemption.Unknown, redemption.Reversed,
}

// Each state is followed by those alone that are listed here.
func TestStates(t *testing.T) {
	t.Parallel()
	allowed := map[redemption.State]string{
		redemption.Accepted: "[succeeded declined unknown]", redemption.Unknown: "[succeeded declined]", redemption.Succeeded: "[reversed]",
		redemption.Declined: "[]", redemption.Reversed: "[]", "other": "[]",
	}
	for from, want := range allowed {
		follow := []redemption.State{}
		for _, to := range states {
			if from.CanBecome(to) {
				follow = append(follow, to)
			}
		}
		require.Equal(t, want, fmt.Sprint(follow), from)
	}
}

// What may still be taken counts against the balance, and nothing else does.
func TestReserved(t *testing.T) {
	t.Parallel()
	for state, want := range map[redemption.State]int64{
		redemption.Accepted: 2000, redemption.Unknown: 2000, redemption.Succeeded: 0, redemption.Declined: 0, redemption.Reversed: 0,
	} {
		r := redemption.Redemption{State: state, Amount: "20.00", Currency: "EUR"}
		require.Equal(t, want > 0, state.Open())
		got, err := r.Reserved()
		require.NoError(t, err)
		require.Equal(t, giftcard.Money{Hundredths: want, Currency: "EUR"}, got, state)
	}
	got, err := redemption.Redemption{State: redemption.Accepted, Amount: "20.00", Taken: "12.50", Currency: "EUR"}.Reserved()
	require.NoError(t, err)
	require.Equal(t, giftcard.Money{Hundredths: 1250, Currency: "EUR"}, got)
	_, err = redemption.Redemption{State: redemption.Accepted, Amount: "20,00", Currency: "EUR"}.Reserved()
	require.Error(t, err)
}

// The texts are in histories and in answers to shops.
func TestTextsNeverChange(t *testing.T) {
	t.Parallel()
	require.Equal(t, "[accepted succeeded declined unknown reversed]", fmt.Sprint(states))
	require.Equal(t, "[invalid_request idempotency_key_required idempotency_key_reused request_in_progress not_found "+
		"card_not_usable card_expired currency_mismatch insufficient_balance partial_use_not_allowed already_reversed card_busy "+
		"rate_limited not_supported issuer_unavailable]", fmt.Sprint(redemption.Types))
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	full := redemption.Redemption{
		ID: "r-1", State: redemption.Declined, Amount: "20.00", Currency: "EUR", Taken: "0.00", Order: "#1001",
		Problem: &redemption.Problem{
			Type: redemption.InsufficientBalance, Detail: "there is less on the card", Available: "12.50", Currency: "EUR",
		},
		AcceptedAt: noon, SettledAt: noon.Add(time.Second),
	}
	body, err := json.Marshal(full)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"r-1","state":"declined","amount":"20.00","currency":"EUR","taken":"0.00","order":"#1001",`+
		`"problem":{"type":"insufficient_balance","detail":"there is less on the card","available":"12.50","currency":"EUR"},`+
		`"accepted_at":"2026-07-01T12:00:00Z","settled_at":"2026-07-01T12:00:01Z"}`, string(body))
	var again redemption.Redemption
	require.NoError(t, json.Unmarshal(body, &again))
	require.Equal(t, full, again)
	body, err = json.Marshal(redemption.Redemption{ID: "r-1", State: redemption.Accepted, Amount: "1.00", Currency: "EUR"})
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"r-1","state":"accepted","amount":"1.00","currency":"EUR"}`, string(body))
}

func TestProblems(t *testing.T) {
	t.Parallel()
	var passing []redemption.Type
	for _, typ := range redemption.Types {
		if typ.Passing() {
			passing = append(passing, typ)
		}
	}
	require.Equal(t, []redemption.Type{
		redemption.InProgress, redemption.CardBusy, redemption.RateLimited, redemption.IssuerUnavailable,
	}, passing)
	err := fmt.Errorf("redemption r-1: %w", &redemption.Problem{Type: redemption.CardBusy})
	require.EqualError(t, err, "redemption r-1: card_busy")
	p, ok := errors.AsType[*redemption.Problem](err)
	require.True(t, ok)
	p.Detail = "others are open"
	require.EqualError(t, p, "card_busy: others are open")
}
