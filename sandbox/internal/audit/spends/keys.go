package spends

import (
	"net/http"
	"slices"
)

// ids returns the redemptions that the answers to a key name, each once. There should be one at most.
func (k Key) ids() []string {
	var out []string
	for _, a := range k.Answers {
		if a.ID != "" && !slices.Contains(out, a.ID) {
			out = append(out, a.ID)
		}
	}
	return out
}

// judgeKeys judges what shoppers were answered.
func (b Books) judgeKeys(t *Tally) {
	owner := map[string]string{}
	for n, k := range b.Keys {
		ids := k.ids()
		if len(ids) > 1 {
			t.problem("key %d has %d redemptions", n+1, len(ids))
		}
		for _, id := range ids {
			if other, taken := owner[id]; taken && other != k.Name {
				t.problem("redemption %s has two keys", id)
			}
			owner[id] = k.Name
			r, known := b.Redemptions[id]
			if !known {
				t.Misstated++
				t.problem("redemption %s was named to a shopper, and is gone", id)
				continue
			}
			if r.State == reversed && !k.Reverses {
				t.Misstated++
				t.problem("redemption %s was reversed, and nobody has asked for that", id)
			}
			if amount, ok := hundredths(r.Amount); !ok || amount != k.Amount {
				t.Misstated++
				t.problem("redemption %s is of %s, and %d hundredths were asked for", id, r.Amount, k.Amount)
			}
		}
		told := false
		for _, a := range k.Answers {
			t.judgeAnswer(n, a)
			told = told || !a.Other && a.final()
			if r, known := b.Redemptions[a.ID]; known {
				t.judgeStated(a, r)
			}
		}
		if !told {
			t.problem("key %d was never answered for good", n+1)
		}
	}
	for id := range b.Redemptions {
		if owner[id] == "" {
			t.problem("redemption %s has no key", id)
		}
	}
}

// final reports whether an answer to a request to take an amount says what has become of it, or who is going to find out.
func (a Answer) final() bool {
	if a.Problem != "" {
		return !slices.Contains([]string{inProgress, limited, unavailable}, a.Problem) || a.ID != ""
	}
	return a.State != pending
}

// judgeAnswer judges one answer.
func (t *Tally) judgeAnswer(n int, a Answer) {
	if a.Problem == busy {
		t.Busy++
	}
	if status := statuses[a.Problem]; status != 0 && a.Status != status {
		t.problem("key %d was answered %s with status %d", n+1, a.Problem, a.Status)
	}
	if a.Other {
		if a.Problem != keyReused && !slices.Contains([]string{inProgress, limited, unavailable}, a.Problem) {
			t.problem("key %d was used for something else, and the answer was %d %s", n+1, a.Status, a.Problem)
		}
		return
	}
	allowed := []string{"", inProgress, limited, unavailable, busy, insufficient, notUsable}
	if a.Back {
		allowed = []string{"", inProgress, limited, unavailable, busy, already, notUsable}
	}
	if !slices.Contains(allowed, a.Problem) {
		t.problem("key %d was answered %d %s", n+1, a.Status, a.Problem)
	}
}

// statuses are the HTTP statuses of problems.
var statuses = map[string]int{
	keyReused: http.StatusUnprocessableEntity, notUsable: http.StatusUnprocessableEntity, insufficient: http.StatusUnprocessableEntity,
	inProgress: http.StatusConflict, busy: http.StatusConflict, already: http.StatusConflict,
	limited: http.StatusTooManyRequests, unavailable: http.StatusServiceUnavailable,
}

// judgeStated requires that what a shopper was told for good is so in the end.
func (t *Tally) judgeStated(a Answer, r Redemption) {
	after := map[string][]string{
		succeeded: {succeeded, reversed}, reversed: {reversed}, declined: {declined}, unknown: {succeeded, reversed, declined, unknown},
	}
	if ends, ok := after[a.State]; ok && !slices.Contains(ends, r.State) {
		t.Misstated++
		t.problem("a shopper was told that redemption %s is %s, and it is %s", a.ID, a.State, r.State)
	}
	// A refusal that names the redemption is the answer for good.
	if !a.Back && a.Problem != "" && a.ID != "" && a.Problem != inProgress && (r.State != declined || r.Problem != a.Problem) {
		t.Misstated++
		t.problem("a shopper was told %s about redemption %s, and it is %s %s", a.Problem, a.ID, r.State, r.Problem)
	}
}
