package crowd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/spends"
	"github.com/giftbridge/giftbridge/sandbox/internal/crowd"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
)

// checkout is a checkout with one card of 1000.00, which keeps the issuer's ledger too. It forgets nothing.
type checkout struct {
	mu        sync.Mutex
	left      int64
	movements []spends.Movement
	bodies    map[string]string
	known     map[string]map[string]any
	tills     int
}

func (c *checkout) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	key := strings.Trim(r.Header.Get("Idempotency-Key"), `"`)
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/redemptions"), "/")
	answer := func(status int, said any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(said)
	}
	switch {
	case r.URL.Path == "/till":
		c.tills++
		c.move("-"+body["amount"].(string), "")
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Path == "/v1/balances":
		answer(http.StatusOK, map[string]any{"balance": "1.00"})
	case r.Method == http.MethodGet:
		answer(http.StatusOK, c.known[path[1]])
	case len(path) == 3:
		of := c.known[path[1]]
		if of["reversal"] != nil && of["reversal"].(map[string]any)["id"] != key {
			answer(http.StatusConflict, map[string]any{"type": "already_reversed"})
			return
		}
		if of["reversal"] == nil {
			of["state"], of["reversal"] = "reversed", map[string]any{"id": key, "state": "succeeded"}
			c.move(of["taken"].(string), path[1])
		}
		answer(http.StatusCreated, of)
	default:
		text := fmt.Sprint(body["amount"], body["code"])
		id := "r" + key
		switch {
		case c.bodies[key] == "":
			c.bodies[key] = text
			c.known[id] = map[string]any{"id": id, "state": "succeeded", "amount": body["amount"], "taken": body["amount"]}
			c.move("-"+body["amount"].(string), id)
		case c.bodies[key] != text:
			answer(http.StatusUnprocessableEntity, map[string]any{"type": "idempotency_key_reused"})
			return
		}
		answer(http.StatusCreated, c.known[id])
	}
}

func (c *checkout) move(amount, id string) {
	var whole, part int64
	sign := int64(1)
	if strings.HasPrefix(amount, "-") {
		sign = -1
	}
	_, _ = fmt.Sscanf(strings.TrimPrefix(amount, "-"), "%d.%d", &whole, &part)
	c.left += sign * (100*whole + part)
	c.movements = append(c.movements, spends.Movement{Amount: amount, Payload: id})
}

// Shoppers have every habit, and the books that they keep balance with those of a checkout that makes no mistake.
func TestCrowd(t *testing.T) {
	t.Parallel()
	shop := &checkout{bodies: map[string]string{}, known: map[string]map[string]any{}}
	shop.move("1000.00", "")
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	shopping := plan.Shopping{Shoppers: len(plan.ShopperHabits), Tills: []plan.Till{{Amount: 107}}}
	for i, habit := range plan.ShopperHabits {
		shopping.Visits = append(shopping.Visits, plan.Visit{Shopper: i, What: habit, Amount: 150})
	}
	c := crowd.New(crowd.Options{
		Shopping: shopping, Codes: []string{"4440000000017"}, Receivers: []string{server.URL, server.URL}, Key: "shop-key",
		Later: server.URL + "/", Name: "test",
	})
	c.Run(t.Context())
	for _, habit := range plan.ShopperHabits {
		require.Equal(t, 1, c.Did()[habit], habit)
	}
	require.Equal(t, 1, c.Did()[plan.TillElsewhere])
	books, err := c.Books(t.Context())
	require.NoError(t, err)
	require.Len(t, books.Redemptions, len(plan.ShopperHabits))
	books.Cards = []spends.Card{{
		Barcode: "4440000000017", Amount: fmt.Sprintf("%d.%02d", shop.left/100, shop.left%100), Movements: shop.movements,
	}}
	tally := books.Judge()
	require.Empty(t, tally.Wrong)
	require.Equal(t, 3, tally.Reversed)
	require.Equal(t, len(plan.ShopperHabits)-3, tally.Succeeded)
	secrets := c.Secrets()
	require.Subset(t, secrets, []string{"4440000000017", "shop-key", "test-key-000001", "test-shopper-001"})
}
