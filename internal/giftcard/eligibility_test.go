package giftcard_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var (
	from  = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	rules = giftcard.Rules{
		SKUs: []string{"GIFT-50", "GIFT-25"}, Companions: []string{"WRAP", "INSURANCE"}, CreatedFrom: from,
	}
)

func card(sku string, units int) giftcard.Line { return giftcard.Line{ID: sku, SKU: sku, Units: units} }

// eligible returns a candidate that the rules select, with the given changes.
func eligible(changes ...func(*giftcard.Candidate)) giftcard.Candidate {
	c := giftcard.Candidate{
		Order: giftcard.Order{ID: "1", Name: "#1001", CreatedAt: from, Lines: []giftcard.Line{card("GIFT-50", 1)}},
		Lines: []giftcard.LineFacts{{Ordered: 1}},
		Paid:  true,
	}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func lines(ls ...giftcard.Line) func(*giftcard.Candidate) {
	return func(c *giftcard.Candidate) {
		c.Order.Lines, c.Lines = ls, make([]giftcard.LineFacts, len(ls))
		for i, l := range ls {
			c.Lines[i].Ordered = l.Units
		}
	}
}

func native(at ...int) func(*giftcard.Candidate) {
	return func(c *giftcard.Candidate) {
		for _, i := range at {
			c.Lines[i].Native = true
		}
	}
}

// ordered sets how many units of a line were ordered.
func ordered(line, units int) func(*giftcard.Candidate) {
	return func(c *giftcard.Candidate) { c.Lines[line].Ordered = units }
}

func tip(line int) func(*giftcard.Candidate) {
	return func(c *giftcard.Candidate) { c.Lines[line].Tip = true }
}

func isTest(c *giftcard.Candidate)    { c.Test = true }
func cancelled(c *giftcard.Candidate) { c.Cancelled = true }
func unpaid(c *giftcard.Candidate)    { c.Paid = false }
func tooOld(c *giftcard.Candidate)    { c.Order.CreatedAt = from.Add(-time.Nanosecond) }

func paidLate(c *giftcard.Candidate) {
	tooOld(c)
	c.PaidAt = c.Order.CreatedAt.AddDate(0, 0, 15)
}

// An order that was paid when it was too old is left to people, unless an earlier system has handled it.
func TestSelectPaidLate(t *testing.T) {
	t.Parallel()
	rules := rules
	_, reason := rules.Select(eligible(paidLate))
	require.Equal(t, giftcard.TooOld, reason, "only where it is asked for")
	rules.MaxAge, rules.TakenOver = 14*24*time.Hour, from.AddDate(0, -1, 0)
	require.Equal(t, rules.TakenOver, rules.SearchFrom())
	order, reason := rules.Select(eligible(paidLate))
	require.Equal(t, giftcard.PaidLate, reason)
	requireLeftOut(t, order, reason)
	for name, change := range map[string]func(*giftcard.Candidate){
		"paid in time":      func(c *giftcard.Candidate) { c.PaidAt = c.Order.CreatedAt.Add(rules.MaxAge) },
		"nobody knows when": func(c *giftcard.Candidate) { c.PaidAt = time.Time{} },
		"from before giftbridge": func(c *giftcard.Candidate) {
			c.Order.CreatedAt = rules.TakenOver.Add(-time.Second)
			c.PaidAt = from
		},
	} {
		_, reason := rules.Select(eligible(paidLate, change))
		require.Equal(t, giftcard.TooOld, reason, name)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	pen := card("PEN", 1)
	tests := []struct {
		name      string
		candidate giftcard.Candidate
		want      []giftcard.Line
	}{
		{"one card", eligible(), []giftcard.Line{card("GIFT-50", 1)}},
		{
			"several SKUs", eligible(lines(card("GIFT-50", 2), card("GIFT-25", 1))),
			[]giftcard.Line{card("GIFT-50", 2), card("GIFT-25", 1)},
		},
		{
			"lines without units", eligible(lines(card("GIFT-25", 0), card("GIFT-50", 3), card("PEN", 0), card("GIFT-25", -1))),
			[]giftcard.Line{card("GIFT-50", 3)},
		},
		{
			"a native line of which nothing was ordered", eligible(lines(card("GIFT-25", 0), card("GIFT-50", 1)), native(0)),
			[]giftcard.Line{card("GIFT-50", 1)},
		},
		{
			"some units refunded", eligible(lines(card("GIFT-50", 1), card("GIFT-25", 0)), ordered(0, 3), ordered(1, 2)),
			[]giftcard.Line{card("GIFT-50", 1)},
		},
		{
			"wrapped, insured and tipped",
			eligible(lines(card("WRAP", 1), card("GIFT-50", 2), card("INSURANCE", 1), card("", 1)), tip(3)),
			[]giftcard.Line{card("GIFT-50", 2)},
		},
		{
			"a native line of another SKU without units", eligible(lines(card("PEN", 0), card("GIFT-50", 1)), native(0)),
			[]giftcard.Line{card("GIFT-50", 1)},
		},
		{
			"later than the first moment", eligible(func(c *giftcard.Candidate) { c.Order.CreatedAt = from.AddDate(0, 1, 0) }),
			[]giftcard.Line{card("GIFT-50", 1)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tt.candidate.Order.Lines)
			order, reason := rules.Select(tt.candidate)
			require.Empty(t, reason)
			want := tt.candidate.Order
			want.Lines = tt.want
			require.Equal(t, want, order)
			require.Equal(t, before, tt.candidate.Order.Lines, "the candidate stays as it was")
		})
	}

	leftOut := []struct {
		name      string
		candidate giftcard.Candidate
		want      giftcard.Reason
	}{
		{"no line", eligible(lines()), giftcard.NoGiftCard},
		{"another item", eligible(lines(pen)), giftcard.NoGiftCard},
		{"longer SKU", eligible(lines(card("GIFT-500", 1))), giftcard.NoGiftCard},
		{"shorter SKU", eligible(lines(card("GIFT", 1))), giftcard.NoGiftCard},
		{"SKU in another case", eligible(lines(card("gift-50", 1))), giftcard.NoGiftCard},
		{"SKU with a space", eligible(lines(card("GIFT-50 ", 1))), giftcard.NoGiftCard},
		{"no SKU", eligible(lines(card("", 1))), giftcard.NoGiftCard},
		{"test", eligible(isTest), giftcard.TestOrder},
		{"cancelled", eligible(cancelled), giftcard.Cancelled},
		{"unpaid", eligible(unpaid), giftcard.Unpaid},
		{"too old", eligible(tooOld), giftcard.TooOld},
		{"no units", eligible(lines(card("GIFT-50", 0))), giftcard.NoUnitsLeft},
		{"only the other item is left", eligible(lines(card("GIFT-50", 0), pen)), giftcard.NoUnitsLeft},
		{"native", eligible(native(0)), giftcard.NativeGiftCard},
		{"one of two native", eligible(lines(card("GIFT-50", 1), card("GIFT-25", 1)), native(1)), giftcard.NativeGiftCard},
		{"mixed", eligible(lines(card("GIFT-50", 1), pen)), giftcard.MixedOrder},
		{
			"mixed, the other item refunded", eligible(lines(card("GIFT-50", 1), card("PEN", 0)), ordered(1, 1)),
			giftcard.MixedOrder,
		},
		{"mixed with what has no SKU", eligible(lines(card("GIFT-50", 1), card("", 1))), giftcard.MixedOrder},
		{"mixed with a companion of another case", eligible(lines(card("GIFT-50", 1), card("wrap", 1))), giftcard.MixedOrder},
		{"wrapping alone", eligible(lines(card("WRAP", 1))), giftcard.NoGiftCard},
		{
			"native, its unit refunded", eligible(lines(card("GIFT-50", 1), card("GIFT-25", 0)), native(1), ordered(1, 1)),
			giftcard.NativeGiftCard,
		},
		{"mixed, other item first", eligible(lines(pen, card("GIFT-50", 1))), giftcard.MixedOrder},
		{"mixed with a similar SKU", eligible(lines(card("GIFT-50", 1), card("GIFT-500", 1))), giftcard.MixedOrder},
		{
			"mixed with a native card of another SKU", eligible(lines(card("GIFT-50", 1), pen), native(1)),
			giftcard.MixedOrder,
		},
	}
	for _, tt := range leftOut {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order, reason := rules.Select(tt.candidate)
			require.Equal(t, tt.want, reason)
			requireLeftOut(t, order, reason)
		})
	}
}

// requireLeftOut requires that an order that is left out comes with its gift cards if people have to handle it, and
// otherwise comes empty.
func requireLeftOut(t require.TestingT, order giftcard.Order, reason giftcard.Reason) {
	if !slices.Contains([]giftcard.Reason{giftcard.MixedOrder, giftcard.NativeGiftCard, giftcard.Underpaid, giftcard.Risky, giftcard.PaidLate}, reason) {
		require.Zero(t, order)
		return
	}
	require.NotEmpty(t, order.Lines)
	for _, l := range order.Lines {
		require.Positive(t, l.Units)
		require.Contains(t, []string{"GIFT-50", "GIFT-25"}, l.SKU)
	}
}

// An order has exactly one reason, whatever else is true of it: the first of [giftcard.Reasons] that applies.
func TestSelectPrecedence(t *testing.T) {
	t.Parallel()
	causes := map[giftcard.Reason]func(*giftcard.Candidate){
		giftcard.NoGiftCard:     lines(card("PEN", 1)),
		giftcard.TestOrder:      isTest,
		giftcard.Cancelled:      cancelled,
		giftcard.Unpaid:         unpaid,
		giftcard.TooOld:         tooOld,
		giftcard.NoUnitsLeft:    lines(card("GIFT-50", 0), card("PEN", 1)),
		giftcard.NativeGiftCard: lines(card("GIFT-50", 1), card("PEN", 1)),
		giftcard.MixedOrder:     lines(card("GIFT-50", 1), card("PEN", 1)),
		giftcard.Underpaid:      paid("49.98", "50.00"),
		giftcard.PaidLate:       paidLate,
		giftcard.Risky: func(c *giftcard.Candidate) {
			paid("1000.00", "50.00")(c)
			c.Risk = giftcard.RiskDoubted
		},
	}
	rules := rules
	rules.HoldRisky = true
	rules.HoldUnderpaid, rules.MaxAge, rules.TakenOver = true, 14*24*time.Hour, from.AddDate(0, -1, 0)
	require.Len(t, causes, len(giftcard.Reasons))
	for i, reason := range giftcard.Reasons {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			c := eligible()
			for _, r := range slices.Backward(giftcard.Reasons[i:]) {
				require.Contains(t, causes, r)
				causes[r](&c)
			}
			if reason == giftcard.NativeGiftCard {
				c.Lines[0].Native = true
			}
			if reason == giftcard.TooOld {
				c.PaidAt = time.Time{} // An order that was paid late is too old as well.
			}
			_, got := rules.Select(c)
			require.Equal(t, reason, got)
		})
	}
}

// An order is held unless the recommendation was read and doubts nothing.
func TestSelectRisky(t *testing.T) {
	t.Parallel()
	for risk, want := range map[giftcard.Risk]giftcard.Reason{
		giftcard.RiskAccepted: "", giftcard.RiskDoubted: giftcard.Risky, giftcard.RiskUnread: giftcard.Risky,
	} {
		c := eligible()
		c.Risk = risk
		rules := rules
		order, reason := rules.Select(c)
		require.Empty(t, reason, "not held by default")
		require.NotEmpty(t, order.Lines)
		rules.HoldRisky = true
		order, reason = rules.Select(c)
		require.Equal(t, want, reason, risk)
		require.NotEmpty(t, order.Lines)
	}
}

// paid sets the net payment, and the cost of each line's units after all discounts.
func paid(net string, costs ...string) func(*giftcard.Candidate) {
	return func(c *giftcard.Candidate) {
		c.NetPayment = giftcard.Amount{Number: net, Currency: "USD"}
		for i, cost := range costs {
			c.Order.Lines[i].Price, c.Order.Lines[i].Currency = "50.00", "USD"
			c.Lines[i].Cost = giftcard.Amount{Number: cost, Currency: "USD"}
		}
	}
}

// An order is held if the net payment does not cover the remaining cards.
func TestSelectUnderpaid(t *testing.T) {
	t.Parallel()
	yen := func(net string) func(*giftcard.Candidate) {
		return func(c *giftcard.Candidate) {
			paid(net, "5000")(c)
			c.NetPayment.Currency, c.Order.Lines[0].Currency, c.Lines[0].Cost.Currency = "JPY", "JPY", "JPY"
		}
	}
	two := lines(card("GIFT-50", 2), card("GIFT-25", 1))
	tests := []struct {
		name      string
		candidate giftcard.Candidate
		want      giftcard.Reason
	}{
		{"paid", eligible(paid("50.00", "50.00")), ""},
		{"more than paid", eligible(paid("60.00", "50.00")), ""},
		{"a cent too little", eligible(paid("49.99", "50.00")), ""},
		{"two cents too little", eligible(paid("49.98", "50.00")), giftcard.Underpaid},
		{"all of it given back", eligible(paid("0.00", "50.00")), giftcard.Underpaid},
		{"given as a present", eligible(paid("0.0", "0.0")), ""},
		{"two lines", eligible(two, paid("124.98", "50.00", "25.00")), ""},
		{"two lines, a card given back in money", eligible(two, paid("100.00", "50.00", "25.00")), giftcard.Underpaid},
		{"two lines, a card refunded", eligible(lines(card("GIFT-50", 2), card("GIFT-25", 0)), ordered(1, 1),
			paid("100.00", "50.00", "25.00")), ""},
		{"wrapped", eligible(lines(card("GIFT-50", 1), card("WRAP", 1)), paid("50.00", "50.00", "5.00")), ""},
		{"a third of a discount", eligible(lines(card("GIFT-50", 3)), paid("100.00", "33.333333")), ""},
		{"a yen too little", eligible(yen("4999")), ""},
		{"two yen too little", eligible(yen("4998")), giftcard.Underpaid},
		{"nothing is said", eligible(paid("", "50.00")), giftcard.Underpaid},
		{"nonsense", eligible(paid("1e9", "50.00")), giftcard.Underpaid},
		{"no price after discounts", eligible(paid("50.00", "")), giftcard.Underpaid},
		{"another currency", eligible(paid("50.00", "50.00"), func(c *giftcard.Candidate) {
			c.NetPayment.Currency = "EUR"
		}), giftcard.Underpaid},
		{"a price that fails by itself", eligible(paid("0", "50.00"), func(c *giftcard.Candidate) {
			c.Order.Lines[0].Price = "-"
		}), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rules := rules
			_, reason := rules.Select(tt.candidate)
			require.Empty(t, reason, "only where it is asked for")
			rules.HoldUnderpaid = true
			order, reason := rules.Select(tt.candidate)
			require.Equal(t, tt.want, reason)
			if reason != "" {
				requireLeftOut(t, order, reason)
			}
		})
	}
}

func TestSelectTestOrders(t *testing.T) {
	t.Parallel()
	including := rules
	including.IncludeTest = true
	_, reason := including.Select(eligible(isTest))
	require.Empty(t, reason)
	_, reason = including.Select(eligible(isTest, cancelled))
	require.Equal(t, giftcard.Cancelled, reason)
}

func TestSelectWithoutSKUs(t *testing.T) {
	t.Parallel()
	_, reason := giftcard.Rules{CreatedFrom: from}.Select(eligible())
	require.Equal(t, giftcard.NoGiftCard, reason)
}

func TestSelectAccountsForEveryCandidate(t *testing.T) {
	t.Parallel()
	skus := rapid.SampledFrom([]string{"GIFT-50", "GIFT-25", "GIFT-500", "gift-50", "PEN", ""})
	candidates := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) giftcard.Candidate {
		c := giftcard.Candidate{
			Test: rapid.Bool().Draw(t, "test"), Cancelled: rapid.Bool().Draw(t, "cancelled"), Paid: rapid.Bool().Draw(t, "paid"),
		}
		c.Order.CreatedAt = from.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "age")))
		c.Order.Lines = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) giftcard.Line {
			return card(skus.Draw(t, "sku"), rapid.IntRange(-1, 3).Draw(t, "units"))
		}), 0, 4).Draw(t, "lines")
		for _, l := range c.Order.Lines {
			c.Lines = append(c.Lines, giftcard.LineFacts{
				Ordered: max(0, l.Units) + rapid.IntRange(0, 1).Draw(t, "removed"), Native: rapid.Bool().Draw(t, "native"),
			})
		}
		return c
	}), 0, 40)
	rapid.Check(t, func(t *rapid.T) {
		r := rules
		r.IncludeTest = rapid.Bool().Draw(t, "include test")
		all := candidates.Draw(t, "candidates")
		selected, leftOut := 0, map[giftcard.Reason]int{}
		for _, c := range all {
			order, reason := r.Select(c)
			if reason != "" {
				require.Contains(t, giftcard.Reasons, reason)
				requireLeftOut(t, order, reason)
				leftOut[reason]++
				continue
			}
			selected++
			require.NotEmpty(t, order.Lines)
			require.True(t, c.Paid && !c.Cancelled && (r.IncludeTest || !c.Test) && !order.CreatedAt.Before(from))
			units := 0
			for i, l := range c.Order.Lines {
				require.False(t, c.Lines[i].Native && c.Lines[i].Ordered > 0 && slices.Contains(r.SKUs, l.SKU),
					"a native card would be given away twice")
				require.False(t, c.Lines[i].Ordered > 0 && !slices.Contains(r.SKUs, l.SKU), "a mixed order stays one")
				units += max(0, l.Units)
			}
			for _, l := range order.Lines {
				require.Positive(t, l.Units)
				require.Contains(t, r.SKUs, l.SKU)
			}
			require.Equal(t, units, order.Units(), "no unit is lost")
		}
		for _, n := range leftOut {
			selected += n
		}
		require.Equal(t, len(all), selected)
	})
}
