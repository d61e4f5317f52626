package spends_test

import (
	"go/build"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/spends"
)

// The auditor shares no code with what it audits.
func TestAuditorStandsAlone(t *testing.T) {
	t.Parallel()
	p, err := build.ImportDir(".", 0)
	require.NoError(t, err)
	require.NotEmpty(t, p.Imports)
	for _, path := range p.Imports {
		first, _, _ := strings.Cut(path, "/")
		require.NotContains(t, first, ".", path)
	}
}

var began = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

func moved(seconds int, amount, id string) spends.Movement {
	return spends.Movement{ID: "job", Amount: amount, Payload: id, At: at(seconds)}
}

func redeemed(seconds int, state, amount, taken, problem string) spends.Redemption {
	return spends.Redemption{
		State: state, Amount: amount, Taken: taken, Problem: problem, AcceptedAt: at(seconds), SettledAt: at(seconds + 1),
	}
}

func key(name, card string, amount int64, answers ...spends.Answer) spends.Key {
	return spends.Key{Name: name, Card: card, Amount: amount, Answers: answers}
}

// These books balance. Of the first card, with 50.00, r-1 took 20.00, of r-2 nobody knows, r-3 took the rest and gave it back,
// another till took 1.07, and r-4 found too little. The second card was not spent.
func books() spends.Books {
	r3 := key("k-3", "one", 2500, spends.Answer{Status: 202, ID: "r-3", State: "pending"},
		spends.Answer{Status: 200, ID: "r-3", State: "succeeded"}, spends.Answer{Status: 201, ID: "r-3", State: "reversed", Back: true})
	r3.Partial, r3.Reverses = true, true
	reversed := redeemed(20, "reversed", "25.00", "20.00", "")
	reversed.Reversal = "succeeded"
	return spends.Books{
		Cards: []spends.Card{{
			Barcode: "one", Amount: "18.93", Movements: []spends.Movement{
				moved(0, "50.00", ""), moved(10, "-20.00", "r-1"), moved(16, "-10.00", "r-2"), moved(21, "-20.00", "r-3"),
				moved(25, "20.00", "r-3"), moved(30, "-1.07", ""),
			},
		}, {Barcode: "two", Amount: "9.00", Movements: []spends.Movement{moved(0, "9.00", "")}}},
		Keys: []spends.Key{
			key("k-1", "one", 2000, spends.Answer{Status: 201, ID: "r-1", State: "succeeded"},
				spends.Answer{Status: 422, Problem: "idempotency_key_reused", Other: true}),
			key("k-2", "one", 1000, spends.Answer{Status: 503, Problem: "issuer_unavailable"},
				spends.Answer{Status: 202, ID: "r-2", State: "unknown"}),
			r3,
			key("k-4", "one", 4000, spends.Answer{Status: 422, ID: "r-4", Problem: "insufficient_balance"}),
			key("k-5", "two", 100, spends.Answer{Status: 409, Problem: "card_busy"}),
		},
		Redemptions: map[string]spends.Redemption{
			"r-1": redeemed(9, "succeeded", "20.00", "20.00", ""), "r-2": redeemed(15, "unknown", "10.00", "", ""),
			"r-3": reversed, "r-4": redeemed(40, "declined", "40.00", "", "insufficient_balance"),
		},
		Shown: map[string]bool{"r-2": true}, Tills: map[string]int64{"one": 107},
		Statuses: map[int]int{200: 1, 201: 2, 202: 2, 409: 1, 422: 2, 503: 1}, Unseen: 5 * time.Second,
	}
}

func TestBooksThatBalance(t *testing.T) {
	t.Parallel()
	require.Equal(t, spends.Tally{
		Keys: 5, Redemptions: 4, Succeeded: 1, Reversed: 1, Declined: 1, Unknown: 1, Unavailable: 1, Busy: 1, Insufficient: 1,
	}, books().Judge())
}

// change changes a redemption of the books.
func change(b *spends.Books, id string, do func(*spends.Redemption)) {
	r := b.Redemptions[id]
	do(&r)
	b.Redemptions[id] = r
}

// spend adds a movement to the first card, and keeps its balance right.
func spend(b *spends.Books, balance string, m spends.Movement) {
	b.Cards[0].Movements = append(b.Cards[0].Movements, m)
	b.Cards[0].Amount = balance
}

// Whatever is wrong in the books, the auditor finds it.
func TestBooksThatDoNotBalance(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		wrong func(*spends.Books)
		says  string
	}{
		"an amount that was taken twice": {func(b *spends.Books) {
			spend(b, "-1.07", moved(50, "-20.00", "r-1"))
		}, "spent twice: the ledger has 2 amounts of redemption r-1"},
		"an amount that was taken twice, and its balance is there": {func(b *spends.Books) {
			b.Cards[0].Movements[0].Amount = "100.00"
			spend(b, "48.93", moved(50, "-20.00", "r-1"))
			change(b, "r-4", func(r *spends.Redemption) { r.AcceptedAt, r.SettledAt = at(9), at(60) })
		}, "spent twice"},
		"an overdraft": {func(b *spends.Books) {
			b.Cards[0].Movements[0].Amount, b.Cards[0].Amount = "49.99", "18.92"
		}, "overdraft: redemption r-3 takes card 1 to -1 hundredths"},
		"an overdraft that the issuer has refused": {func(b *spends.Books) {
			b.Cards[0].Refused = []spends.Refusal{{Movement: moved(41, "-40.00", "r-4"), Problem: "insufficient amount"}}
		}, "overdraft: redemption r-4"},
		"an amount that nobody asked for": {func(b *spends.Books) {
			spend(b, "17.93", moved(50, "-1.00", "r-9"))
		}, "unasked: -1.00 on card 1 belongs to no redemption"},
		"an activation that nobody asked for": {func(b *spends.Books) {
			spend(b, "19.93", moved(50, "1.00", ""))
		}, "unasked: 1.00"},
		"a success without an amount": {func(b *spends.Books) {
			b.Cards[0].Movements = append(b.Cards[0].Movements[:1:1], b.Cards[0].Movements[2:]...)
			b.Cards[0].Amount = "38.93"
		}, "redemption r-1 is succeeded: the ledger has taken its amount 0 times"},
		"a reversal that gave nothing back": {func(b *spends.Books) {
			b.Cards[0].Movements = append(b.Cards[0].Movements[:4:4], b.Cards[0].Movements[5:]...)
			b.Cards[0].Amount = "-1.07"
		}, "redemption r-3 is reversed: the ledger has given its amount back 0 times"},
		"a reversal that gave back twice": {func(b *spends.Books) {
			spend(b, "38.93", moved(50, "20.00", "r-3"))
		}, "the ledger has given back 2 times"},
		"a reversal that is not on record": {func(b *spends.Books) {
			change(b, "r-3", func(r *spends.Redemption) { r.State, r.Reversal = "succeeded", "declined" })
		}, "redemption r-3 is succeeded: the ledger has given its amount back 1 times"},
		"a decline that took": {func(b *spends.Books) {
			spend(b, "17.93", moved(50, "-1.00", "r-4"))
		}, "redemption r-4 is declined: the ledger has taken its amount 1 times"},
		"another amount": {func(b *spends.Books) {
			change(b, "r-1", func(r *spends.Redemption) { r.Taken = "19.00" })
		}, `"19.00" was taken, and the ledger says 2000 hundredths`},
		"more than was asked for": {func(b *spends.Books) {
			change(b, "r-1", func(r *spends.Redemption) { r.Amount = "19.00" })
		}, "19.00 was asked for, and 20.00 was taken"},
		"more than was asked for, of an unknown one": {func(b *spends.Books) {
			change(b, "r-2", func(r *spends.Redemption) { r.Amount = "9.00" })
		}, `redemption r-2 is unknown: "" was taken, and the ledger says 1000 hundredths`},
		"an amount on two cards": {func(b *spends.Books) {
			b.Cards[1].Movements = append(b.Cards[1].Movements, moved(50, "-9.00", "r-1"))
			b.Cards[1].Amount = "0.00"
		}, "the ledger has it on 2 cards"},
		"an unknown one that nobody sees": {func(b *spends.Books) {
			b.Shown = nil
		}, "unseen: it is unknown what became of redemption r-2"},
		"an unknown reversal that nobody sees": {func(b *spends.Books) {
			change(b, "r-3", func(r *spends.Redemption) { r.State, r.Reversal = "succeeded", "unknown" })
		}, "unseen: it is unknown what became of redemption r-3"},
		"one that is open": {func(b *spends.Books) {
			change(b, "r-2", func(r *spends.Redemption) { r.State = "pending" })
		}, "redemption r-2 has not ended"},
		"a reversal that is open": {func(b *spends.Books) {
			change(b, "r-1", func(r *spends.Redemption) { r.Reversal = "pending" })
		}, "the reversal of redemption r-1 has not ended"},
		"too little, though there was enough": {func(b *spends.Books) {
			b.Keys[3].Amount = 1893
			change(b, "r-4", func(r *spends.Redemption) { r.Amount = "18.93" })
		}, "redemption r-4 was declined as insufficient_balance"},
		"too little for an amount in part": {func(b *spends.Books) {
			b.Keys[3].Partial = true
		}, "at least 1893 hundredths for 1 on the card"},
		"a balance that is not its movements": {func(b *spends.Books) {
			b.Cards[1].Amount = "8.00"
		}, "card 2 has 8.00"},
		"an amount that is none": {func(b *spends.Books) {
			b.Cards[1].Movements[0].Amount = "9.001"
		}, "an amount on card 2 that is none"},
		"a till of whose amounts the ledger knows nothing": {func(b *spends.Books) {
			b.Tills["two"] = 5
		}, "tills of other shops have taken 5 hundredths off card 2, and its ledger says 0"},
		"a key with two redemptions": {func(b *spends.Books) {
			b.Keys[0].Answers = append(b.Keys[0].Answers, spends.Answer{Status: 201, ID: "r-2", State: "unknown"})
		}, "key 1 has 2 redemptions"},
		"a redemption with two keys": {func(b *spends.Books) {
			b.Keys[4].Answers = append(b.Keys[4].Answers, spends.Answer{Status: 201, ID: "r-1", State: "succeeded"})
		}, "redemption r-1 has two keys"},
		"a redemption without a key": {func(b *spends.Books) {
			b.Redemptions["r-9"] = redeemed(1, "declined", "1.00", "", "card_busy")
		}, "redemption r-9 has no key"},
		"a redemption that is gone": {func(b *spends.Books) {
			delete(b.Redemptions, "r-4")
		}, "redemption r-4 was named to a shopper, and is gone"},
		"a redemption of something else": {func(b *spends.Books) {
			b.Keys[0].Amount = 1500
		}, "redemption r-1 is of 20.00, and 1500 hundredths were asked for"},
		"a reversal that nobody asked for": {func(b *spends.Books) {
			b.Keys[2].Reverses = false
		}, "redemption r-3 was reversed, and nobody has asked for that"},
		"a key that means two things": {func(b *spends.Books) {
			b.Keys[0].Answers[1] = spends.Answer{Status: 201, ID: "r-1", State: "succeeded", Other: true}
		}, "key 1 was used for something else, and the answer was 201"},
		"a key without an answer": {func(b *spends.Books) {
			b.Keys[4].Answers = []spends.Answer{{Status: 503, Problem: "issuer_unavailable"}}
		}, "key 5 was never answered for good"},
		"a strange refusal": {func(b *spends.Books) {
			b.Keys[4].Answers[0] = spends.Answer{Status: 422, Problem: "currency_mismatch"}
		}, "key 5 was answered 422 currency_mismatch"},
		"a refusal with a wrong status": {func(b *spends.Books) {
			b.Keys[4].Answers[0].Status = 400
		}, "key 5 was answered card_busy with status 400"},
		"a strange refusal of a reversal": {func(b *spends.Books) {
			b.Keys[2].Answers[2] = spends.Answer{Status: 422, Problem: "insufficient_balance", Back: true}
		}, "key 3 was answered 422 insufficient_balance"},
		"a success that was told and is none": {func(b *spends.Books) {
			b.Keys[3].Answers[0] = spends.Answer{Status: 201, ID: "r-4", State: "succeeded"}
		}, "a shopper was told that redemption r-4 is succeeded, and it is declined"},
		"a refusal that was told and is none": {func(b *spends.Books) {
			b.Keys[0].Answers = append(b.Keys[0].Answers, spends.Answer{Status: 409, ID: "r-1", Problem: "card_busy"})
		}, "a shopper was told card_busy about redemption r-1, and it is succeeded"},
		"an internal error":        {func(b *spends.Books) { b.Statuses[500] = 2 }, "the checkout answered 2 times with 500"},
		"a status of its own":      {func(b *spends.Books) { b.Statuses[404] = 1 }, "the checkout answered 1 times with 404"},
		"a refusal without a word": {func(b *spends.Books) { b.Mute = 1 }, "refused 1 requests without saying why"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := books()
			tt.wrong(&b)
			require.Contains(t, strings.Join(b.Judge().Wrong, "\n"), tt.says)
		})
	}
}

// What another till has taken since a redemption was accepted is nobody's fault, and what it took before is known.
func TestOtherTills(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		till       int
		overdrafts int
	}{"since": {9, 0}, "before": {7, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := books()
			card := &b.Cards[1]
			card.Movements = append(card.Movements, moved(tt.till, "-1.07", ""), moved(10, "-9.00", "r-5"))
			card.Amount = "-1.07"
			b.Tills["two"] = 107
			b.Redemptions["r-5"] = redeemed(8, "succeeded", "9.00", "9.00", "")
			b.Keys = append(b.Keys, key("k-6", "two", 900, spends.Answer{Status: 201, ID: "r-5", State: "succeeded"}))
			tally := b.Judge()
			require.Equal(t, tt.overdrafts, tally.Overdrafts)
			require.Len(t, tally.Wrong, tt.overdrafts)
		})
	}
}
