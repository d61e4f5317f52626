package workflows_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// fate is what becomes of a request to the issuer.
type fate struct {
	// refused: the issuer certainly does not take it. lost: its answer is lost.
	refused, lost bool
	// works reports whether the amount is moved, after a delay.
	works bool
	after time.Duration
	// calls is how often the issuer calls back with what has become of it, callsAfter the delay after that. contradicts: another
	// callback then says the opposite.
	calls       int
	callsAfter  time.Duration
	contradicts bool
}

func fates() *rapid.Generator[fate] {
	return rapid.Custom(func(t *rapid.T) fate {
		seconds := rapid.SampledFrom([]int{0, 0, 0, 1, 5, 30, 600, 1500})
		return fate{
			refused: rapid.IntRange(0, 9).Draw(t, "refused") == 0, lost: rapid.IntRange(0, 3).Draw(t, "lost") == 0,
			works: rapid.IntRange(0, 3).Draw(t, "works") > 0, after: time.Duration(seconds.Draw(t, "after")) * time.Second,
			calls:       rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "calls"),
			callsAfter:  time.Duration(seconds.Draw(t, "calls after")) * time.Second,
			contradicts: rapid.IntRange(0, 9).Draw(t, "contradicts") == 0,
		}
	})
}

// meets lets the requests to a till meet their fates, in turn. As an issuer does that is correct, the till does not go below
// zero.
func (v *till) meets(all []fate) {
	v.move = func(step issuer.Step, m issuer.Movement, n int) error {
		f := all[(n-1)%len(all)]
		if f.refused {
			return &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(giftcard.Unavailable, "away")}
		}
		v.soon(f.after, func() {
			answer := issuer.Answer{OK: f.works}
			if enough := step == issuer.Reversing || v.standing.Value.Hundredths >= m.Amount.Hundredths; f.works && enough {
				v.works(step, m)
			} else {
				answer = issuer.Answer{Kind: giftcard.CardDeclined, Message: "non va"}
			}
			for range f.calls {
				v.soon(f.callsAfter, func() { v.calls(step, n, answer) })
			}
			if f.contradicts && f.calls > 0 {
				v.after(f.callsAfter+time.Second, func() { v.calls(step, n, issuer.Answer{OK: !answer.OK, Kind: giftcard.CardDeclined}) })
			}
		})
		if f.lost {
			return &issuer.Error{Effect: issuer.Unclear, Err: errors.New("the connection broke")}
		}
		return nil
	}
}

// soon does something after a time, which may be none.
func (v *till) soon(d time.Duration, do func()) {
	if d == 0 {
		do()
		return
	}
	v.after(d, do)
}

// Whatever becomes of the requests: no amount is moved twice, the card never goes below zero, what the shop is told is what the
// issuer has done, and what is not known is left to a person.
func TestSpendCardKeepsItsBooks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		v := newTill(t)
		v.meets(rapid.SliceOfN(fates(), 1, 12).Draw(rt, "fates"))
		n := rapid.IntRange(1, 12).Draw(rt, "redemptions")
		for i := range n {
			id := fmt.Sprintf("r-%d", i)
			at := time.Duration(rapid.IntRange(0, 50).Draw(rt, "at")) * time.Second
			amount := giftcard.Money{Hundredths: int64(rapid.IntRange(1, 3000).Draw(rt, "amount")), Currency: "EUR"}
			v.spends(at, id, amount.Amount())
			if rapid.Bool().Draw(rt, "again") {
				v.update(at+time.Second, workflows.SpendUpdate, id+" again", spendOf(at+time.Second, id, amount.Amount()))
			}
			if rapid.IntRange(0, 2).Draw(rt, "reverses") == 0 {
				v.reverses(at+time.Duration(rapid.IntRange(1, 60).Draw(rt, "later"))*time.Second, id, "v-"+id)
			}
		}
		// In the end, a person finds out what is unknown. A reversal may be the next.
		const late = 12 * time.Hour
		for n := range 4 {
			v.after(late+time.Duration(n)*time.Hour, func() { v.resolveAll(rt) })
		}
		all := v.open(t, late+5*time.Hour)
		require.Len(rt, all, n)
		require.GreaterOrEqual(rt, v.least, int64(0))
		sum := int64(0)
		for id, r := range all {
			require.LessOrEqual(rt, v.taken[id], 1, "%s is taken once at most", id)
			require.LessOrEqual(rt, v.given[id], v.taken[id], "%s is given back once at most", id)
			switch r.State {
			case redemption.Succeeded:
				require.Equal(rt, 1, v.taken[id], id)
				if r.Reversal == nil || r.Reversal.State == redemption.Declined {
					require.Zero(rt, v.given[id], id)
				}
			case redemption.Reversed:
				require.Equal(rt, []int{1, 1}, []int{v.taken[id], v.given[id]}, id)
			case redemption.Declined:
				require.Zero(rt, v.taken[id], id)
			default:
				rt.Fatalf("%s is %s in the end", id, r.State)
			}
			if taken, err := giftcard.ParseMoney(r.Taken, r.Currency); err == nil && r.State == redemption.Succeeded {
				sum += taken.Hundredths
			}
		}
		require.Equal(rt, fifty.Hundredths-sum, v.standing.Value.Hundredths, "the issuer's books are ours")
	})
}

// redemptions returns what the workflow has now, by ID.
func (v *till) redemptions(t require.TestingT) map[string]*workflows.Redemption {
	found, err := v.QueryWorkflow(workflows.RedemptionsQuery)
	require.NoError(t, err)
	var all []*workflows.Redemption
	require.NoError(t, found.Get(&all))
	out := map[string]*workflows.Redemption{}
	for _, r := range all {
		out[r.ID] = r
	}
	return out
}

// resolveAll says what has become of all that is unknown.
func (v *till) resolveAll(t require.TestingT) {
	for id, r := range v.redemptions(t) {
		said := workflows.RedemptionResolution{ID: id, Moved: v.taken[id] == 1, By: "ana"}
		if r.Reversal != nil && r.Reversal.State == redemption.Unknown {
			said.Reversing, said.Moved = true, v.given[id] == 1
		} else if r.State != redemption.Unknown {
			continue
		}
		v.SignalWorkflow(workflows.ResolveSignal, said)
	}
}
