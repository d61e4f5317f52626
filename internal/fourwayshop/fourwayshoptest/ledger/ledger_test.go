package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
)

var (
	now  = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	item = ledger.Item{Code: "GIFT", Currency: "EUR"}
)

func start(rules ledger.Rules) (*ledger.Ledger, string) {
	l := ledger.New(rules, 1, item)
	c := l.Generate("GIFT", 1, "job", now)[0]
	l.Show(c.Barcode)
	return l, c.Barcode
}

func charge(barcode string, amount ledger.Hundredths) ledger.Update {
	return ledger.Update{ID: "u", Barcode: barcode, Amount: amount, EntityCode: "440", Currency: "EUR", Date: now}
}

func TestAnOrphanBecomesACard(t *testing.T) {
	t.Parallel()
	l, barcode := start(ledger.Rules{})
	require.Regexp(t, `^444[0-9]{10}$`, barcode)
	require.Equal(t, ledger.Totals{Generated: 1, Orphans: 1, GivenAway: map[string]ledger.Hundredths{}}, l.Totals())
	require.Empty(t, l.Apply(charge(barcode, 5000), now))
	require.Equal(t, ledger.Totals{Generated: 1, Activations: 1, GivenAway: map[string]ledger.Hundredths{}}, l.Totals())
	seen, ok := l.Get(barcode)
	require.True(t, ok)
	require.False(t, seen.Active, "the effect does not show yet")
	l.Show(barcode)
	seen, _ = l.Get(barcode)
	require.Equal(t, l.Cards()[0], seen)
	require.Equal(t, ledger.Hundredths(5000), seen.Amount)
	require.Equal(t, []ledger.Movement{{ID: "u", Amount: 5000, At: now}}, seen.Movements)
	require.Nil(t, l.Generate("OTHER", 1, "job", now))
	require.Equal(t, []ledger.Item{{Code: "GIFT", Currency: "EUR", ValidFor: 365 * 24 * time.Hour}}, l.Items())
}

// What a second positive amount does is not known.
func TestSecondActivation(t *testing.T) {
	t.Parallel()
	for second, want := range map[ledger.Second]struct {
		problem         ledger.Problem
		balance, given  ledger.Hundredths
		activations     int
		activatedTwice  int
		originalHundred ledger.Hundredths
	}{
		"":                {"", 12000, 7000, 2, 1, 5000},
		ledger.Adds:       {"", 12000, 7000, 2, 1, 5000},
		ledger.Overwrites: {"", 7000, 2000, 2, 1, 5000},
		ledger.Refused:    {ledger.AlreadyActive, 5000, 0, 1, 0, 5000},
	} {
		l, barcode := start(ledger.Rules{Second: second})
		require.Empty(t, l.Apply(charge(barcode, 5000), now))
		require.Equal(t, want.problem, l.Apply(charge(barcode, 7000), now))
		c, totals := l.Cards()[0], l.Totals()
		require.Equal(t, want.balance, c.Amount)
		require.Equal(t, want.originalHundred, c.OriginalAmount)
		require.Equal(t, want.given, totals.GivenAway["EUR"])
		require.Equal(t, want.activations, totals.Activations)
		require.Equal(t, want.activatedTwice, totals.ActivatedTwice)
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	l, barcode := start(ledger.Rules{HidesInactive: true, Overdraws: true})
	_, ok := l.Get(barcode)
	require.False(t, ok)
	require.Empty(t, l.Apply(charge(barcode, 5000), now))
	l.Show(barcode)
	_, ok = l.Get(barcode)
	require.True(t, ok)
	require.Empty(t, l.Apply(ledger.Update{Barcode: barcode, Amount: -5001}, now))
	require.Equal(t, 1, l.Totals().Overdrawn)
	require.Equal(t, "-0.01", l.Cards()[0].Amount.String())

	l, barcode = start(ledger.Rules{})
	require.Equal(t, ledger.NotActive, l.Apply(ledger.Update{Barcode: barcode, Amount: -1}, now))
	require.Empty(t, l.Apply(charge(barcode, 5000), now))
	require.Equal(t, ledger.Insufficient, l.Apply(ledger.Update{Barcode: barcode, Amount: -5001}, now))
	require.Empty(t, l.Apply(ledger.Update{Barcode: barcode, Amount: -5000}, now))
	require.Equal(t, ledger.NotFound, l.Apply(charge("4440000000000", 1), now))
	require.Equal(t, ledger.Expired, l.Apply(charge(barcode, 1), now.AddDate(2, 0, 0)))
	wrong := charge(barcode, 5000)
	wrong.Currency = "USD"
	require.Equal(t, ledger.WrongCurrency, l.Apply(wrong, now))

	later := ledger.Item{Code: "LATER", Currency: "EUR", Amounts: []string{"50.00"}, StartsIn: time.Hour, ValidFor: time.Hour}
	for _, early := range []bool{false, true} {
		l = ledger.New(ledger.Rules{ActivatesEarly: early}, 1, later)
		barcode = l.Generate("LATER", 1, "job", now)[0].Barcode
		require.Equal(t, ledger.WrongAmount, l.Apply(charge(barcode, 5001), now))
		require.Equal(t, early, l.Apply(charge(barcode, 5000), now) == "")
		require.Equal(t, early, l.Apply(charge(barcode, 5000), now.Add(time.Hour)) == "" && l.Totals().ActivatedTwice == 1)
		require.Equal(t, ledger.Expired, l.Apply(charge(barcode, 5000), now.Add(2*time.Hour+time.Second)))
	}
}

func TestAForgersCardIsMoneyGivenAway(t *testing.T) {
	t.Parallel()
	l, _ := start(ledger.Rules{})
	forged := l.Forge("GIFT", now)
	seen, ok := l.Get(forged.Barcode)
	require.True(t, ok && !seen.Active, "it looks like any other")
	require.Equal(t, 1, l.Totals().Generated)
	require.Empty(t, l.Apply(charge(forged.Barcode, 5000), now))
	require.Equal(t, ledger.Totals{
		Generated: 2, Orphans: 1, Activations: 1, ForgedActive: 1, GivenAway: map[string]ledger.Hundredths{"EUR": 5000},
	}, l.Totals())
	require.NotEmpty(t, l.Forge("OTHER", now).Barcode)
	require.Len(t, l.Cards(), 2)
}

func spend(barcode, payload string, amount ledger.Hundredths) ledger.Update {
	return ledger.Update{ID: "s", Barcode: barcode, Payload: payload, Amount: -amount}
}

func back(barcode, payload string, amount ledger.Hundredths) ledger.Update {
	u := charge(barcode, amount)
	u.Payload = payload
	return u
}

// What is given back of a spend is neither an activation nor money that is given away; what is more than that is.
func TestReversals(t *testing.T) {
	t.Parallel()
	fixed := ledger.Item{Code: "GIFT", Currency: "EUR", Amounts: []string{"50.00"}}
	l := ledger.New(ledger.Rules{}, 1, fixed)
	barcode := l.Generate("GIFT", 1, "job", now)[0].Barcode
	for _, u := range []ledger.Update{
		back(barcode, "r-1", 5000), // An activation under the same payload is no spend.
		spend(barcode, "r-1", 2000), spend(barcode, "r-2", 1000), spend(barcode, "", 1), spend(barcode, "", 1),
		back(barcode, "r-1", 1500), back(barcode, "r-1", 500), back(barcode, "r-2", 1000),
	} {
		require.Empty(t, l.Apply(u, now))
	}
	require.Equal(t, ledger.Totals{
		Generated: 1, Activations: 1, Spends: 4, Reversals: 3, GivenAway: map[string]ledger.Hundredths{},
	}, l.Totals())
	require.Equal(t, "49.98", l.Cards()[0].Amount.String())

	require.Equal(t, ledger.WrongAmount, l.Apply(back(barcode, "r-1", 1), now), "nothing is left to give back")
	l.AddItem(ledger.Item{Code: "GIFT", Currency: "EUR"})
	require.Empty(t, l.Apply(back(barcode, "r-1", 1), now))
	require.Empty(t, l.Apply(back(barcode, "r-3", 2), now))
	totals := l.Totals()
	require.Equal(t, map[string]ledger.Hundredths{"EUR": 3}, totals.GivenAway)
	require.Equal(t, []int{3, 3, 1}, []int{totals.Reversals, totals.Activations, totals.ActivatedTwice})
}

// What a positive amount does to an active card is not known, be it a reversal.
func TestReversalsByTheRules(t *testing.T) {
	t.Parallel()
	for second, want := range map[ledger.Second]struct {
		problem   ledger.Problem
		balance   string
		reversals int
	}{
		ledger.Adds: {"", "40.00", 1}, ledger.Overwrites: {"", "10.00", 1}, ledger.Refused: {ledger.AlreadyActive, "30.00", 0},
	} {
		l, barcode := start(ledger.Rules{Second: second})
		require.Empty(t, l.Apply(charge(barcode, 5000), now))
		require.Empty(t, l.Apply(spend(barcode, "r-1", 2000), now))
		require.Equal(t, want.problem, l.Apply(back(barcode, "r-1", 1000), now))
		require.Equal(t, want.balance, l.Cards()[0].Amount.String())
		totals := l.Totals()
		require.Equal(t, want.reversals, totals.Reversals)
		require.Empty(t, totals.GivenAway)
	}
}

// The same payload spends once, whichever cards it names; an overdraft counts though the card has money again.
func TestWhatMustNotHappenIsCounted(t *testing.T) {
	t.Parallel()
	l := ledger.New(ledger.Rules{Overdraws: true}, 1, item)
	cards := l.Generate("GIFT", 2, "job", now)
	for _, c := range cards {
		require.Empty(t, l.Apply(charge(c.Barcode, 5000), now))
		require.Empty(t, l.Apply(spend(c.Barcode, "r-1", 3000), now))
	}
	require.Equal(t, []int{1, 0, 0}, []int{l.Totals().SpentTwice, l.Totals().Overdrafts, l.Totals().Overdrawn})
	require.Empty(t, l.Apply(spend(cards[0].Barcode, "r-1", 3000), now))
	require.Empty(t, l.Apply(spend(cards[0].Barcode, "r-2", 1), now))
	require.Equal(t, []int{1, 2, 1}, []int{l.Totals().SpentTwice, l.Totals().Overdrafts, l.Totals().Overdrawn})
	require.Empty(t, l.Apply(back(cards[0].Barcode, "r-1", 3000), now))
	require.Equal(t, []int{1, 2, 0}, []int{l.Totals().SpentTwice, l.Totals().Overdrafts, l.Totals().Overdrawn})
}

func TestACardThatIsSpentAsAWhole(t *testing.T) {
	t.Parallel()
	l := ledger.New(ledger.Rules{}, 1, ledger.Item{Code: "GIFT", Currency: "EUR", WholeOnly: true})
	barcode := l.Generate("GIFT", 1, "job", now)[0].Barcode
	require.Empty(t, l.Apply(charge(barcode, 5000), now))
	require.Equal(t, ledger.NotInParts, l.Apply(spend(barcode, "r-1", 4999), now))
	require.Equal(t, ledger.Insufficient, l.Apply(spend(barcode, "r-1", 5001), now))
	require.Empty(t, l.Apply(spend(barcode, "r-1", 5000), now))
	var refused []ledger.Problem
	for _, r := range l.Cards()[0].Refused {
		require.Equal(t, []any{"r-1", ledger.Hundredths(5000)}, []any{r.Payload, r.Balance})
		refused = append(refused, r.Problem)
	}
	require.Equal(t, []ledger.Problem{ledger.NotInParts, ledger.Insufficient}, refused)
}

func TestEveryProblemIsSaidInItalian(t *testing.T) {
	t.Parallel()
	for _, p := range []ledger.Problem{
		ledger.NoItem, ledger.NotFound, ledger.NotActive, ledger.AlreadyActive, ledger.Expired, ledger.NotYet,
		ledger.Insufficient, ledger.NotInParts, ledger.WrongCurrency, ledger.WrongAmount,
	} {
		require.NotEqual(t, string(p), p.Italian())
	}
	require.Equal(t, "queue full", ledger.Problem("queue full").Italian())
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "1,00", "1.001", "1e3", "+1", "01", ".5", "1.", "--1", "99999999999999"} {
		_, err := ledger.ParseAmount(bad)
		require.Error(t, err, bad)
	}
	rapid.Check(t, func(t *rapid.T) {
		h := ledger.Hundredths(rapid.Int64Range(-1e14, 1e14).Draw(t, "hundredths"))
		b, err := json.Marshal(h)
		require.NoError(t, err)
		var again ledger.Hundredths
		require.NoError(t, json.Unmarshal(b, &again))
		require.Equal(t, h, again)
	})
}

func TestBarcodesAreEANs(t *testing.T) {
	t.Parallel()
	l := ledger.New(ledger.Rules{}, 1, item)
	seen := map[string]bool{}
	for _, c := range l.Generate("GIFT", 500, "job", now) {
		sum := 0
		for i, d := range c.Barcode {
			sum += int(d-'0') * (1 + 2*(i%2))
		}
		require.Zero(t, sum%10, c.Barcode)
		require.False(t, seen[c.Barcode])
		seen[c.Barcode] = true
	}
}
