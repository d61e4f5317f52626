package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// addresses are the addresses to which an issuer is asked to answer.
type addresses struct {
	mu   sync.Mutex
	seen []string
}

func (a *addresses) note(j jobs.Job) *fourwayshoptest.Trouble {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, j.Callback)
	return nil
}

func (a *addresses) all() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.seen...)
}

// call posts a body to an address of a callback, and returns the status.
func (w *system) call(address, body string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, address, strings.NewReader(body))
	require.NoError(w.t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	require.NoError(w.t, answer.Body.Close())
	return answer.StatusCode
}

// generated is the callback of a job that made a card.
func generated(c ledger.Card) string {
	return fmt.Sprintf(`{"success": true, "giftcards": [{"barcode": %q, "startValidity": %q, "endValidity": %q}]}`, c.Barcode,
		c.StartValidity.Format(time.DateTime), c.EndValidity.Format(time.DateTime))
}

// Callbacks that are no callbacks, that name another order's card, and that come too late: each card is made once.
func TestLaterCardsDespiteOddCallbacks(t *testing.T) {
	t.Parallel()
	var asked addresses
	w := start(t, bothIssuers(fourwayshoptest.Options{Trouble: asked.note}))
	one := w.laterOrder(scenario.LaterProducts()[0].SKU, scenario.LaterProducts()[0].Price)
	w.poll()
	w.show(one, executions.Completed)
	first := asked.all()
	require.Len(t, first, 2, "generate and update")
	card := w.Later.Cards()[0]

	w.Later.Queue().Pause(true)
	two := w.laterOrder(scenario.LaterProducts()[0].SKU, scenario.LaterProducts()[0].Price)
	w.poll()
	w.await("asked for another card", func() bool { return len(asked.all()) > len(first) })
	address := asked.all()[len(first)]
	require.Equal(t, http.StatusBadRequest, w.call(address, "this is no JSON"))
	require.Equal(t, http.StatusBadRequest, w.call(address, `{"success": true, "jobID": "1"}`))
	require.Equal(t, http.StatusNotFound, w.call(address+"A", generated(card)))
	require.Equal(t, http.StatusNoContent, w.call(address, generated(card)), "the card of the first order")
	require.Equal(t, http.StatusNoContent, w.call(first[0], generated(card)), "the first order has ended")
	w.await("asked again", func() bool { return len(asked.all()) > len(first)+1 })
	w.Later.Queue().Pause(false)
	w.show(two, executions.Completed)
	require.Equal(t, 2, w.Later.Stats().Activations)
	w.requireBalance()
}

// An order that is terminated while its card is being made has lost nothing: the card is made, and the order's next run finds
// it.
func TestLaterCardOfATerminatedOrder(t *testing.T) {
	t.Parallel()
	var asked addresses
	w := start(t, bothIssuers(fourwayshoptest.Options{Trouble: asked.note}))
	w.Later.Queue().Pause(true)
	p := w.laterOrder(scenario.LaterProducts()[1].SKU, scenario.LaterProducts()[1].Price)
	w.poll()
	w.await("asked for a card", func() bool { return len(asked.all()) > 0 })
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, orderID(p), "", "test"))
	w.Later.Queue().Pause(false)
	w.await("made all the same", func() bool { return w.Later.Stats().Activations == 1 })
	w.resetRun(orderID(p), "", firstTask)
	w.show(p, executions.Completed)
	require.Equal(t, 1, w.Later.Stats().Activations)
	w.requireBalance()
}
