package e2e_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/workflows"
)

// death is where a worker dies: at an activity, before or after it has done its work.
type death struct {
	activity string
	after    bool
}

// reaper makes workers die: the activity's result is never reported.
type reaper struct {
	interceptor.WorkerInterceptorBase
	mu sync.Mutex
	// due are the deaths to come, by the IDs of the workflows of cards.
	due map[string]death
	// died receives the workflow at which a worker died.
	died chan string
}

func (r *reaper) InterceptActivity(
	_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &mortal{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, reaper: r}
}

type mortal struct {
	interceptor.ActivityInboundInterceptorBase
	reaper *reaper
}

func (m *mortal) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	id := info.WorkflowExecution.ID
	m.reaper.mu.Lock()
	d, due := m.reaper.due[id]
	due = due && d.activity == info.ActivityType.Name
	if due {
		delete(m.reaper.due, id)
	}
	m.reaper.mu.Unlock()
	if !due {
		return m.Next.ExecuteActivity(ctx, in)
	}
	if d.after {
		_, _ = m.Next.ExecuteActivity(ctx, in)
	}
	m.reaper.died <- id
	return nil, activity.ErrResultPending
}

// A card whose worker dies at any step, and is replaced by another, gets its value once. The card whose worker died before
// it asked for the activation waits, since nobody can know that it has not; a person lets it go on.
func TestWorkersOfDeferredCardsDie(t *testing.T) {
	t.Parallel()
	v := &vendor{late: 20 * time.Millisecond}
	w := startDeferred(t, v)
	w.stop()
	r := &reaper{due: map[string]death{}, died: make(chan string)}
	options := app.QueueOptions()
	options.Interceptors = []interceptor.WorkerInterceptor{r}
	options.WorkerStopTimeout = time.Second
	var orders, cards []string
	var unsure string
	for _, name := range []string{"GenerateCard", "ClaimCard", "ActivateCard", "LookAtCard"} {
		for _, after := range []bool{false, true} {
			in := deferredOrder(w, 1001+len(orders), 1)
			card := workflows.DeferredCardID("acme", key(in, 1), 1)
			r.mu.Lock()
			r.due[card] = death{name, after}
			r.mu.Unlock()
			if name == "ActivateCard" && !after {
				unsure = card
			}
			q := w.worker(options)
			started, err := w.Operator.StartOrder(w.ctx, in)
			require.NoError(t, err)
			require.True(t, started)
			select {
			case died := <-r.died:
				require.Equal(t, card, died)
			case <-w.ctx.Done():
				require.Failf(t, "no worker died", "%s, after: %t", name, after)
			}
			q.Stop()
			orders = append(orders, workflows.GiftCardOrderID(in.Order.Shop, in.Order.ID))
			cards = append(cards, card)
		}
	}
	q := w.worker(options)
	t.Cleanup(q.Stop)
	for i, id := range orders {
		if cards[i] != unsure {
			require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil), cards[i])
		}
	}
	v.requireCards(t, len(orders)-1)
	// By now the attempt has timed out, as those of other orders have; until it has, the resolution would come too early.
	w.await("asked about", func() bool {
		return count(w.history(unsure, ""), enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) == 1
	})
	require.NoError(t, w.keyed.SignalWorkflow(w.ctx, unsure, "", workflows.ResolveSignal, workflows.DeferredResolution{
		By: "ada", Reason: "asked them",
	}))
	for i, id := range orders {
		require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil), cards[i])
	}
	v.requireCards(t, len(orders))
}

// A reset of the workflow of a card, whatever it forgets, activates nothing.
func TestResetDeferredCard(t *testing.T) {
	t.Parallel()
	v := &vendor{late: 20 * time.Millisecond}
	w := startDeferred(t, v)
	in := deferredOrder(w, 1001, 1)
	_, err := w.deferred(in)
	require.NoError(t, err)
	card := workflows.DeferredCardID("acme", key(in, 1), 1)
	var tasks []int64
	run := w.keyed.GetWorkflow(w.ctx, card, "").GetRunID()
	for _, e := range w.history(card, run).GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, e.GetEventId())
		}
	}
	require.GreaterOrEqual(t, len(tasks), 4)
	unknown := 0
	for _, task := range tasks {
		w.resetRun(card, run, task)
		if err := w.keyed.GetWorkflow(w.ctx, card, "").Get(w.ctx, nil); err != nil {
			require.ErrorContains(t, err, string(giftcard.OutcomeUnknown))
			unknown++
		}
		v.requireCards(t, 1)
	}
	require.Positive(t, unknown, "it was reset to before its activation")
}

// forge sends a callback that names a card, again if a busy Temporal does not take it.
func forge(t *testing.T, address string, code issuer.Code) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"Done": true, "Card": code})
	require.NoError(t, err)
	status := http.StatusServiceUnavailable
	for tries := 0; status == http.StatusServiceUnavailable && tries < 10; tries++ {
		answer, err := http.Post(address, "application/json", bytes.NewReader(body))
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		status = answer.StatusCode
	}
	require.Equal(t, http.StatusNoContent, status)
}

// codeID is how a claim calls a code of the made-up issuer.
func codeID(code issuer.Code) string {
	mac := hmac.New(sha256.New, []byte("id"))
	_, _ = mac.Write([]byte("giftbridge card acme\n" + string(code)))
	return hex.EncodeToString(mac.Sum(nil))
}

// A forger who has got hold of the address of a callback, and is faster than the issuer, cannot have a card activated that
// is active already, or that another order has. What he can do is to have a fresh card activated that he knows, once.
func TestForgedCallbacks(t *testing.T) {
	t.Parallel()
	v := &vendor{late: 300 * time.Millisecond}
	w := startDeferred(t, v)
	var mu sync.Mutex
	var forged issuer.Code
	v.asked = func(step issuer.Step, address string) {
		mu.Lock()
		code := forged
		forged = ""
		mu.Unlock()
		if step == issuer.Generating && code != "" {
			forge(t, address, code)
		}
	}
	order := func(number int, told issuer.Code) issuer.Code {
		mu.Lock()
		forged = told
		mu.Unlock()
		in := deferredOrder(w, number, 1)
		_, err := w.deferred(in)
		require.NoError(t, err)
		var made workflows.DeferredCardResult
		card := workflows.DeferredCardID("acme", key(in, 1), 1)
		require.NoError(t, w.keyed.GetWorkflow(w.ctx, card, "").Get(w.ctx, &made))
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, forged, "the forger was faster")
		return made.Code
	}
	active := order(1001, "")
	require.NotEqual(t, active, order(1002, active), "an active card is refused")
	v.requireCards(t, 2)

	// Another order has the card, which is worth nothing yet.
	owned := issuer.Code("2900000000999")
	theirs, err := w.wired.Temporal.Claim(w.ctx, "acme", codeID(owned), "another-unit")
	require.NoError(t, err)
	require.True(t, theirs)
	require.NotEqual(t, owned, order(1003, owned), "the card of another order is refused")
	v.requireCards(t, 3)

	// The forger had a card made for himself, and nobody has claimed it.
	known := map[issuer.Code]bool{}
	for _, c := range v.Cards() {
		known[c.Code] = true
	}
	require.NoError(t, v.adapter(t).Deferred.Generate(w.ctx, "I50", "http://127.0.0.1:1/nobody"))
	v.Jobs.Wait()
	var fresh issuer.Code
	for _, c := range v.Cards() {
		if !known[c.Code] {
			fresh = c.Code
		}
	}
	require.NotEmpty(t, fresh)
	require.Equal(t, fresh, order(1004, fresh), "the first answer counts; the second one is a conflict, which is counted")
	v.requireCards(t, 4)
	require.NotEqual(t, fresh, order(1005, fresh), "once")
	v.requireCards(t, 5)
}

// The histories of cards of which callbacks contradict each other: one where the first card that was named counts, and one where
// it cannot be used. Lists find both.
func TestHistoriesOfContradictingCallbacks(t *testing.T) {
	t.Parallel()
	v := &vendor{late: 20 * time.Millisecond}
	w := startDeferred(t, v)
	require.NoError(t, v.adapter(t).Deferred.Generate(w.ctx, "I50", "http://127.0.0.1:1/nobody"))
	v.Jobs.Wait()
	theirs := v.Cards()[0].Code
	order := func(number int, forged ...issuer.Code) (card string, code issuer.Code) {
		v.mu.Lock()
		v.asked = func(step issuer.Step, address string) {
			v.mu.Lock()
			now := forged
			forged = nil
			v.mu.Unlock()
			if step != issuer.Generating {
				return
			}
			for _, code := range now {
				forge(t, address, code)
			}
		}
		v.mu.Unlock()
		in := deferredOrder(w, number, 1)
		_, err := w.deferred(in)
		require.NoError(t, err)
		var made workflows.DeferredCardResult
		card = workflows.DeferredCardID("acme", key(in, 1), 1)
		require.NoError(t, w.keyed.GetWorkflow(w.ctx, card, "").Get(w.ctx, &made))
		return card, made.Code
	}
	card, code := order(1001, theirs, "x-2")
	require.Equal(t, theirs, code, "the first answer counts")
	w.keep("DeferredCard/conflicting-callbacks", card, "")
	card, code = order(1002, theirs)
	require.NotEqual(t, theirs, code, "a card that is active is refused")
	w.keep("DeferredCard/refused-card", card, "")
	v.requireCards(t, 2)
	w.await("listed", func() bool {
		now, err := w.Operator.Making(w.ctx, time.Now(), time.Now().Add(-time.Hour))
		require.NoError(t, err)
		return len(now.Suspicious) == 2
	})
}
