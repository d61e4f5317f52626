package plan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// What shoppers do who spend a card. Each is counted by the times that it really happened.
const (
	// ShopperPays takes an amount off a card, and no more.
	ShopperPays What = "shopper_pays"
	// ShopperTakesRest takes an amount, or less if there is less on the card.
	ShopperTakesRest What = "shopper_takes_what_there_is"
	// ShopperLooks asks for the balance, pays and looks at the redemption.
	ShopperLooks What = "shopper_looks"
	// ShopperAsksAgain sends the same request with the same key again after the answer.
	ShopperAsksAgain What = "shopper_asks_again"
	// ShopperAsksTwice sends the same request with the same key to two receivers at once.
	ShopperAsksTwice What = "shopper_asks_twice_at_once"
	// ShopperAsksOther sends another request with the same key.
	ShopperAsksOther What = "shopper_asks_for_something_else"
	// ShopperUnsent loses the request on its way, and ShopperUnanswered the answer. The same is asked again with the same key.
	ShopperUnsent     What = "shopper_request_lost"
	ShopperUnanswered What = "shopper_answer_lost"
	// ShopperReverses has what was taken given back.
	ShopperReverses What = "shopper_reverses"
	// ShopperReversesTwice asks for that again with the same key, and with another one.
	ShopperReversesTwice What = "shopper_reverses_again"
	// ShopperReversalUnanswered loses the answer, and asks again with the same key.
	ShopperReversalUnanswered What = "shopper_reversal_answer_lost"
	// TillElsewhere is an amount that a till of another shop takes off the card, without asking.
	TillElsewhere What = "till_elsewhere"
)

// ShopperHabits are what shoppers do, in turn.
var ShopperHabits = []What{
	ShopperPays, ShopperReverses, ShopperTakesRest, ShopperAsksAgain, ShopperReversesTwice, ShopperAsksTwice, ShopperUnanswered,
	ShopperAsksOther, ShopperReversalUnanswered, ShopperUnsent, ShopperLooks,
}

// Shopping is what shoppers spend in a run, and from which cards.
type Shopping struct {
	// Shoppers is the number of shoppers. Without any, there are no such cards.
	Shoppers int
	// Cards are the values of the cards, in hundredths.
	Cards []int64
	// Overdraws says that the issuer takes more off a card than is on it, instead of refusing to.
	Overdraws bool
	// Visits are in the order of their times.
	Visits []Visit
	// Tills are what a till of another shop takes off the cards, in the order of their times.
	Tills []Till
}

// Visit is what a shopper does at a checkout.
type Visit struct {
	At      time.Duration
	Shopper int
	// Card is the index of the card.
	Card int
	What What
	// Amount is in hundredths.
	Amount int64
}

// Till is an amount that another shop takes off a card.
type Till struct {
	At   time.Duration
	Card int
	// Amount is in hundredths, and has a remainder that no shopper's amount has: so it is not taken for one.
	Amount int64
}

const (
	// UsualShoppers is the usual number of shoppers.
	UsualShoppers = 50
	// MaxShoppers limits it.
	MaxShoppers = 1000
	// SpendCards is the number of cards that they share.
	SpendCards = 5
	// visitsEach is the number of visits of a shopper.
	visitsEach = 4
	// step is what all amounts of shoppers are multiples of, and maxSteps how many of them an amount has at most.
	step, maxSteps = 50, 20
	// tillEvery is the number of visits for each amount that another till takes, and odd its remainder.
	tillEvery, odd = 8, 7
)

// WithShoppers returns the plan with a number of shoppers. All else stays as it is.
func (p Plan) WithShoppers(n int) Plan {
	p.Shopping = Shopping{}
	if n == 0 {
		return p
	}
	random := rand.New(rand.NewPCG(p.Seed, 0x73686f70))
	s := Shopping{Shoppers: n, Cards: make([]int64, SpendCards), Overdraws: random.IntN(2) == 0}
	amount := func() int64 { return step * (1 + random.Int64N(maxSteps)) }
	shift := random.IntN(len(ShopperHabits))
	for i := range n * visitsEach {
		v := Visit{
			At: between(random, p.Length*3/100, p.Length*85/100), Shopper: i % n, Card: random.IntN(SpendCards),
			What: ShopperHabits[(shift+i)%len(ShopperHabits)], Amount: amount(),
		}
		s.Visits = append(s.Visits, v)
		s.Cards[v.Card] += v.Amount
		if i%tillEvery == 0 {
			s.Tills = append(s.Tills, Till{
				At: between(random, p.Length*3/100, p.Length*85/100), Card: random.IntN(SpendCards), Amount: amount() + odd,
			})
		}
	}
	// Some cards have enough for most of what is asked of them, others have less than half.
	const most, each, percent = 90, 12, 100
	for i := range s.Cards {
		s.Cards[i] = (s.Cards[i]*int64(most-each*i)/percent/percent + 1) * percent
	}
	slices.SortStableFunc(s.Visits, func(a, b Visit) int { return cmp.Compare(a.At, b.At) })
	slices.SortStableFunc(s.Tills, func(a, b Till) int { return cmp.Compare(a.At, b.At) })
	p.Shopping = s
	return p
}

// Minimal returns how often everything about the shopping must have happened at least, or the run has shown nothing about it.
func (s Shopping) Minimal() map[What]int {
	if s.Shoppers == 0 {
		return nil
	}
	least := LeastBefallen
	if s.Shoppers < UsualShoppers {
		least = 1
	}
	minimal := map[What]int{
		TillElsewhere: least, happenings.ReversalTroubled: least, happenings.RedemptionSucceeded: least * SpendCards, happenings.RedemptionReversed: least,
		happenings.RedemptionInsufficient: least, happenings.RedemptionBusy: 1, happenings.RedemptionUnknown: least,
	}
	for _, what := range slices.Concat(ShopperHabits, happenings.SpendTroubles) {
		minimal[what] = least
	}
	return minimal
}

// String describes it in a few words.
func (s Shopping) String() string {
	if s.Shoppers == 0 {
		return "no shoppers"
	}
	return fmt.Sprintf("%d shoppers spend %d cards in %d visits", s.Shoppers, len(s.Cards), len(s.Visits))
}
