package audit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// Account is the result of comparing the books.
type Account struct {
	OrdersPlaced int `json:"orders_placed"`
	// OrdersEligible is the number of gift-card orders, including those that must fail.
	OrdersEligible int `json:"orders_eligible"`
	// UnitsExpected is the number of cards that must exist.
	UnitsExpected   int `json:"units_expected"`
	CardsIssued     int `json:"cards_issued"`
	CardsMissing    int `json:"cards_missing"`
	CardsDuplicate  int `json:"cards_duplicate"`
	CardsUnexpected int `json:"cards_unexpected"`
	// CardsMadeLater counts those of CardsIssued that were made later. CardsActivatedTwice counts those of them that got a
	// value more than once, CardsOfTwo those that were activated for two units, and CardsNeverUsed the cards that were
	// generated and never got a value, which is no problem.
	CardsMadeLater      int `json:"cards_made_later"`
	CardsActivatedTwice int `json:"cards_activated_twice"`
	CardsOfTwo          int `json:"cards_of_two_owners"`
	CardsNeverUsed      int `json:"cards_never_used"`
	// CardMails counts the mails that brought cards made later to their recipients. MailsMissing counts the cards of which no
	// mail arrived, MailsTwice those of which another one arrived without need, and MailsUnexpected the mails to a wrong
	// address, without a card or with one that must not be handed over. MailsRepeated counts the mails that were sent again,
	// because it was unclear whether the first had arrived: mail readers take both for one.
	CardMails       int `json:"card_mails"`
	MailsMissing    int `json:"mails_missing"`
	MailsTwice      int `json:"mails_twice"`
	MailsUnexpected int `json:"mails_unexpected"`
	MailsRepeated   int `json:"mails_repeated"`
	// CardsOfMoneyBack counts the cards of refunded units that were requested before the refund, or too soon after it to
	// know of it. CardsTooLate counts the ones that were requested later than that.
	CardsOfMoneyBack int `json:"cards_of_money_back"`
	CardsTooLate     int `json:"cards_too_late"`
	// OrdersOpen counts the orders that were still open when the books were read, CardsOpen the cards that they lack.
	// Neither is counted elsewhere.
	OrdersOpen int `json:"orders_open,omitempty"`
	CardsOpen  int `json:"cards_open,omitempty"`

	OrdersCompleted int `json:"orders_completed"`
	OrdersFailed    int `json:"orders_failed"`
	OrdersRunning   int `json:"orders_running"`
	// OrdersLeftOut is the number of orders without a workflow.
	OrdersLeftOut int `json:"orders_left_out"`
	// OrdersRecovered is the number of orders that completed after an earlier run had failed.
	OrdersRecovered int `json:"orders_recovered"`
	// AttemptsCutOff is the number of attempts to look up a merchant or to issue a card that were cut off because their
	// worker died, in the newest run of each order.
	AttemptsCutOff int `json:"attempts_cut_off"`
	// FailuresUnseen is the number of failed orders that no digest names.
	FailuresUnseen int `json:"failures_unseen"`
	// NotFailed is the number of orders that should have failed and did not, WronglyFailed the number of orders that
	// failed and should not have.
	NotFailed     int `json:"orders_not_failed"`
	WronglyFailed int `json:"orders_wrongly_failed"`
	// Stray is the number of orders that have a workflow and should have been left out.
	Stray int `json:"orders_stray"`
	// MixedUnseen is the number of mixed orders that no digest names.
	MixedUnseen int           `json:"mixed_unseen"`
	Failed      []FailedOrder `json:"failed_orders"`
	DigestMails int           `json:"digest_mails"`
	// Problems describes what is wrong, up to a maximum number of entries.
	Problems []string `json:"problems"`
	// MoreProblems is the number of problems beyond that maximum.
	MoreProblems int `json:"more_problems,omitempty"`
}

// FailedOrder is an order whose newest run failed.
type FailedOrder struct {
	Order string `json:"order"`
	Kind  string `json:"kind"`
	// Expected reports whether the order had to fail with this kind, InDigest whether a digest names it.
	Expected bool `json:"expected"`
	InDigest bool `json:"in_digest"`
}

// OK reports whether the books balance.
func (a Account) OK() bool { return len(a.Problems) == 0 }

const maxProblems = 50

// Problem adds a problem to the list.
func (a *Account) Problem(format string, args ...any) {
	if len(a.Problems) == maxProblems {
		a.MoreProblems++
		return
	}
	a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
}

// Judge compares the books.
func (b Books) Judge(rules Rules) Account {
	a := Account{
		OrdersPlaced: len(b.Orders), CardsIssued: len(b.Cards), DigestMails: len(b.Mails),
		Failed: []FailedOrder{}, Problems: []string{},
	}
	workflows := map[int64]runs.Workflow{}
	for _, w := range b.Workflows {
		id, _ := strconv.ParseInt(w.OrderID, 10, 64)
		workflows[id] = w
	}
	named := b.named("failed")
	verdicts := make([]verdict, 0, len(b.Orders))
	for _, o := range b.Orders {
		v := rules.decide(o, b.Merchants)
		v.open, v.ended = rules.open(o, workflows[o.ID]), ended(workflows[o.ID])
		v.seen = workflows[o.ID].State == runs.Failed && (rules.NoDigest || named[o.Name])
		verdicts = append(verdicts, v)
		if v.fate == issued || v.fate == refused {
			a.OrdersEligible++
		}
		a.UnitsExpected += len(v.units) + len(v.later)
	}
	b.judgeCards(&a, verdicts)
	cards := b.judgeLater(&a, verdicts, rules.LeftOut)
	if !rules.NoCardMails {
		b.judgeCardMails(&a, verdicts, cards)
	}
	b.judgeOrders(&a, rules, verdicts)
	if !rules.NoDigest {
		b.judgeMails(&a, verdicts)
	}
	return a
}

// ended says how an order's workflow has ended.
func ended(w runs.Workflow) string {
	switch {
	case w.ID == "":
		return "does not exist"
	case w.Kind != "":
		return fmt.Sprintf("is %s: %s", w.State, w.Kind)
	}
	return "is " + string(w.State)
}

// judgeCards matches each card in the ledger with a unit of an order. Two units of one line are identical in everything
// that the order and the ledger share.
func (b Books) judgeCards(a *Account, verdicts []verdict) {
	left, buyers := map[unit]int{}, map[string]string{}
	gone, late := map[unit]int{}, map[unit]time.Time{}
	for _, v := range verdicts {
		for _, u := range v.units {
			left[u]++
			buyers[u.Target] = v.order.Name
		}
		for _, u := range v.gone {
			gone[u]++
			late[u] = v.late
			buyers[u.Target] = v.order.Name
		}
	}
	numbers := map[string]int{}
	// Of a line's cards, the earliest are matched with the units that remain.
	cards := slices.SortedStableFunc(slices.Values(b.Cards), func(a, b Card) int { return a.Created.Compare(b.Created) })
	for _, c := range cards {
		numbers[c.AuditNumber]++
		u := unitOf(c)
		n, known := left[u]
		if _, ok := gone[u]; ok {
			known = true
		}
		order, buyer := buyers[c.Target]
		switch {
		case n > 0:
			left[u]--
		case gone[u] > 0 && c.Created.After(late[u]):
			gone[u]--
			a.CardsTooLate++
			a.Problem("too late: card %s of order %s, audit number %s, was made %s later than one may be after its money was given back",
				c.OrderNumber, order, c.AuditNumber, c.Created.Sub(late[u]).Round(time.Millisecond))
		case gone[u] > 0:
			gone[u]--
			a.CardsOfMoneyBack++
		case known:
			a.CardsDuplicate++
			a.Problem("duplicate: card %s of order %s, audit number %s", c.OrderNumber, order, c.AuditNumber)
		case buyer:
			a.CardsUnexpected++
			a.Problem("wrong: card %s of order %s, audit number %s, is %s %s for merchant %s, which nobody ordered",
				c.OrderNumber, order, c.AuditNumber, c.InitialBalance, c.Currency, c.MerchantCode)
		default:
			a.CardsUnexpected++
			a.Problem("stray: card %s, audit number %s, belongs to no order", c.OrderNumber, c.AuditNumber)
		}
		if c.Status != "ACTIVE" {
			a.Problem("card %s, audit number %s, is %s", c.OrderNumber, c.AuditNumber, c.Status)
		}
	}
	for _, number := range slices.Sorted(maps.Keys(numbers)) {
		if n := numbers[number]; n > 1 {
			a.Problem("audit number %s has %d cards", number, n)
		}
	}
	for _, v := range verdicts {
		missing := 0
		for _, u := range v.units {
			if left[u] > 0 {
				left[u]--
				missing++
			}
		}
		if v.open {
			a.CardsOpen += missing
			continue
		}
		if missing > 0 {
			a.CardsMissing += missing
			a.Problem("missing: %d of %d cards of order %s, whose workflow %s", missing, len(v.units), v.order.Name, v.ended)
		}
	}
}

func (b Books) judgeOrders(a *Account, rules Rules, verdicts []verdict) {
	workflows := map[string]runs.Workflow{}
	for _, w := range b.Workflows {
		if other, ok := workflows[w.OrderID]; ok {
			a.Problem("two workflows for one order: %s and %s", w.ID, other.ID)
		}
		workflows[w.OrderID] = w
		a.AttemptsCutOff += w.CutOff
	}
	named := b.named("failed")
	told := func(v verdict) bool { return rules.NoDigest || named[v.order.Name] }
	for _, v := range verdicts {
		id := strconv.FormatInt(v.order.ID, 10)
		w, known := workflows[id]
		delete(workflows, id)
		if v.open && v.fate != leftOut && (!known || w.State == runs.Running) {
			a.OrdersOpen++
			continue
		}
		a.count(w, known)
		if v.fate == leftOut {
			if known {
				a.Stray++
				a.Problem("order %s should have been left out and has a workflow, which is %s", v.order.Name, w.State)
			}
			continue
		}
		switch {
		case v.fate == changed:
			a.judgeChanged(v, w, known, told(v))
		case !known:
			a.Problem("order %s has no workflow", v.order.Name)
		case w.State == runs.Failed:
			a.judgeFailed(v, w, told(v))
		case v.fate == refused:
			a.NotFailed++
			a.Problem("order %s should have failed as %s and is %s", v.order.Name, v.kind, w.State)
		case w.State != runs.Completed:
			a.Problem("order %s should be completed and is %s", v.order.Name, w.State)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(workflows)) {
		a.Problem("workflow %s belongs to no order of the shop", workflows[id].ID)
	}
}

func (a *Account) count(w runs.Workflow, known bool) {
	switch {
	case !known:
		a.OrdersLeftOut++
	case w.State == runs.Completed:
		a.OrdersCompleted++
		if w.Runs > 1 {
			a.OrdersRecovered++
		}
	case w.State == runs.Failed:
		a.OrdersFailed++
	case w.State == runs.Running:
		a.OrdersRunning++
	}
}

// judgeFailed judges a failed order. told reports whether a digest names it, if one must.
func (a *Account) judgeFailed(v verdict, w runs.Workflow, told bool) {
	f := FailedOrder{
		Order: v.order.Name, Kind: w.Kind, Expected: v.fate == refused && v.kind == w.Kind, InDigest: told,
	}
	a.Failed = append(a.Failed, f)
	switch {
	case v.fate == issued:
		a.WronglyFailed++
		a.Problem("order %s is failed (%s) and should be completed", f.Order, f.Kind)
	case !f.Expected:
		a.Problem("order %s failed as %s and should have failed as %s", f.Order, f.Kind, v.kind)
	}
	if !f.InDigest {
		a.FailuresUnseen++
		a.Problem("unseen: order %s is failed (%s), and no digest names it", f.Order, f.Kind)
	}
}

// judgeChanged requires that a partly or fully refunded order is completed, or that its failure says that it was
// changed or that one of its cards is in doubt, and a digest names it. If no unit of the order remains, it need not
// have a workflow.
func (a *Account) judgeChanged(v verdict, w runs.Workflow, known, told bool) {
	switch {
	case !known && len(v.units) > 0:
		a.Problem("order %s has no workflow", v.order.Name)
	case !known, w.State == runs.Completed:
	case w.State != runs.Failed:
		a.Problem("order %s, of which money was given back, is %s", v.order.Name, w.State)
	case w.Kind != "OrderChanged" && w.Kind != "OutcomeUnknown":
		a.Problem("order %s, of which money was given back, failed as %s", v.order.Name, w.Kind)
	case !told:
		a.FailuresUnseen++
		a.Problem("unseen: order %s is failed (%s), and no digest names it", v.order.Name, w.Kind)
	default:
		a.Failed = append(a.Failed, FailedOrder{Order: v.order.Name, Kind: w.Kind, Expected: true, InDigest: true})
	}
}

// named returns the orders that a digest lists in the given state.
func (b Books) named(state string) map[string]bool {
	names := map[string]bool{}
	for _, m := range b.Mails {
		for _, r := range m.Rows {
			if r.State == state {
				names[r.Order] = true
			}
		}
	}
	return names
}

// judgeMails requires that the last digest is right, because nothing has happened since it was sent. A mixed order is
// named only once, so any digest counts.
func (b Books) judgeMails(a *Account, verdicts []verdict) {
	mixed := b.named("mixed")
	for _, v := range verdicts {
		if v.mixed && !mixed[v.order.Name] {
			a.MixedUnseen++
			a.Problem("unseen: order %s is mixed, and no digest names it", v.order.Name)
		}
	}
	if len(b.Mails) == 0 {
		return
	}
	last := map[string]bool{}
	for _, r := range b.Mails[len(b.Mails)-1].Rows {
		if r.State == "failed" {
			last[r.Order] = true
		}
	}
	for _, f := range a.Failed {
		if f.InDigest && !last[f.Order] {
			a.Problem("order %s is failed, and the last digest no longer names it", f.Order)
		}
		delete(last, f.Order)
	}
	if len(last) > 0 {
		a.Problem("the last digest calls orders failed that are not: %s",
			strings.Join(slices.Sorted(maps.Keys(last)), ", "))
	}
}
