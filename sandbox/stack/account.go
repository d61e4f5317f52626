package stack

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

// Account compares what customers placed with what exists: the issuer's ledger for cards, Temporal for orders.
type Account struct {
	OrdersPlaced int `json:"orders_placed"`
	// OrdersEligible is the number of gift-card orders among them, including those that cannot succeed.
	OrdersEligible int `json:"orders_eligible"`
	CardsExpected  int `json:"cards_expected"`
	// CardsIssued is the number of cards in the issuer's ledger.
	CardsIssued int `json:"cards_issued"`
	// CardsDuplicate counts cards that exist more often than they should, CardsMissing cards that exist less often, and
	// CardsUnexpected cards that should not exist.
	CardsDuplicate  int `json:"cards_duplicate"`
	CardsMissing    int `json:"cards_missing"`
	CardsUnexpected int `json:"cards_unexpected"`
	// OrdersFailed is the number of orders whose workflow failed, OrdersLeftOut the number of orders without a workflow.
	OrdersFailed  int `json:"orders_failed"`
	OrdersLeftOut int `json:"orders_left_out"`
	// DigestMails is the number of digests that the mail catcher has received. DigestFailedOrders and DigestRecovered
	// count the failed and recovered rows of the newest one.
	DigestMails        int `json:"digest_mails"`
	DigestFailedOrders int `json:"digest_failed_orders"`
	DigestRecovered    int `json:"digest_recovered"`
	// IssuerRequests and ShopRequests are the numbers of requests to the simulators, including failed ones.
	IssuerRequests int     `json:"issuer_requests"`
	ShopRequests   int     `json:"shop_requests"`
	Seconds        float64 `json:"seconds"`
	// Problems describes each deviation from what was expected.
	Problems []string `json:"problems"`
}

// OK reports whether every expected card exists exactly once and nothing else does, and whether exactly the orders that
// had to fail have failed.
func (a Account) OK() bool { return len(a.Problems) == 0 }

// maxProblems limits the length of the list of problems.
const maxProblems = 50

func (a *Account) problem(format string, args ...any) {
	if len(a.Problems) < maxProblems {
		a.Problems = append(a.Problems, fmt.Sprintf(format, args...))
	}
}

// Account returns the account of the placed orders.
func (s *Stack) Account(ctx context.Context, placed []Placed) (Account, error) {
	orders, err := s.Operator.ListOrders(ctx, orders.OrderFilter{})
	if err != nil {
		return Account{}, err
	}
	a := Account{OrdersPlaced: len(placed), Problems: []string{}}
	s.countCards(&a, placed)
	countOrders(&a, placed, orders)
	if err := s.countDigest(&a, placed); err != nil {
		return a, err
	}
	for _, byStatus := range s.Issuer.Stats().Requests {
		for _, n := range byStatus {
			a.IssuerRequests += n
		}
	}
	for _, n := range s.Shop.Stats().Requests {
		a.ShopRequests += n
	}
	return a, nil
}

// countCards compares multisets, because two cards of one line are identical in everything that the ledger and the
// order share.
func (s *Stack) countCards(a *Account, placed []Placed) {
	left := map[ExpectedCard]int{}
	known := map[ExpectedCard]bool{}
	for _, p := range placed {
		for _, c := range p.Cards {
			left[c]++
			known[c] = true
			a.CardsExpected++
		}
	}
	for _, c := range s.Issuer.Cards() {
		a.CardsIssued++
		card := ExpectedCard{
			Target: c.Target, Amount: c.InitialBalance, Currency: c.Currency, MerchantCode: c.MerchantCode,
		}
		switch {
		case left[card] > 0:
			left[card]--
		case known[card]:
			a.CardsDuplicate++
			a.problem("card %s was issued once too often: %+v", c.AuditNumber, card)
		default:
			a.CardsUnexpected++
			a.problem("card %s should not exist: %+v", c.AuditNumber, card)
		}
	}
	for card, n := range left {
		if n > 0 {
			a.CardsMissing += n
			a.problem("missing, %d times: %+v", n, card)
		}
	}
}

func countOrders(a *Account, placed []Placed, orders []executions.Order) {
	states := map[string]executions.State{}
	for _, o := range orders {
		states[o.ID] = o.State
	}
	for _, p := range placed {
		state, known := states[strconv.FormatInt(p.ID, 10)]
		want := executions.Completed
		if p.Fails {
			want = executions.Failed
		}
		if p.GiftCards {
			a.OrdersEligible++
		}
		if !known {
			a.OrdersLeftOut++
		}
		if state == executions.Failed {
			a.OrdersFailed++
		}
		switch {
		case p.GiftCards && !known:
			a.problem("order %s (%s) has no workflow", p.Name, p.Kind)
		case p.GiftCards && state != want:
			a.problem("order %s (%s) is %s and should be %s", p.Name, p.Kind, state, want)
		case !p.GiftCards && known:
			a.problem("order %s (%s) has a workflow and should have been left out", p.Name, p.Kind)
		}
	}
}

// countDigest reads the newest digest as its recipient would: from the mail's attachment.
func (s *Stack) countDigest(a *Account, placed []Placed) error {
	mails := s.Mail.Messages()
	a.DigestMails = len(mails)
	if len(mails) == 0 {
		return nil
	}
	rows, err := DigestRows(mails[len(mails)-1])
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, row := range rows {
		switch row["state"] {
		case "failed":
			a.DigestFailedOrders++
			listed[row["order"]] = true
		case "recovered":
			a.DigestRecovered++
		}
	}
	for _, p := range placed {
		if p.Fails && !listed[p.Name] {
			a.problem("order %s (%s) failed and is not in the digest", p.Name, p.Kind)
		}
	}
	return nil
}

// DigestRows returns the rows of a digest's attachment, each as a map from column name to cell.
func DigestRows(m mailtest.Message) ([]map[string]string, error) {
	mail, err := m.Parse()
	if err != nil {
		return nil, fmt.Errorf("read digest: %w", err)
	}
	if len(mail.Attachments) != 1 {
		return nil, fmt.Errorf("digest has %d attachments, want 1", len(mail.Attachments))
	}
	table := bytes.TrimPrefix(mail.Attachments[0].Data, []byte("\ufeff")) // The byte order mark.
	cells, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read digest's attachment: %w", err)
	}
	var rows []map[string]string
	for _, cell := range cells[min(1, len(cells)):] {
		row := map[string]string{}
		for i, name := range cells[0] {
			row[name] = cell[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// settleEvery is the interval at which Settle checks the status.
const settleEvery = 250 * time.Millisecond

// Settle waits until polls have seen everything that was placed before since (allowing for the index lag), no order is
// running, and one more poll has read the overlap again. If progress is not nil, Settle calls it with each status.
func (s *Stack) Settle(ctx context.Context, since time.Time, lag time.Duration, progress func(*health.Status)) error {
	look := time.NewTicker(settleEvery)
	defer look.Stop()
	var quiet time.Time
	for {
		status, err := s.Operator.Status(ctx)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(status)
		}
		switch {
		case status.Watermark.Before(since.Add(lag)) || status.Orders[executions.Running] > 0:
			quiet = time.Time{}
		case quiet.IsZero():
			quiet = status.Watermark
		case status.Watermark.After(quiet):
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not settled: watermark %s, %d orders running: %w",
				status.Watermark.Format(time.RFC3339), status.Orders[executions.Running], ctx.Err())
		case <-look.C:
		}
	}
}
