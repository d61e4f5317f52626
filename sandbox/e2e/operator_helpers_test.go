package e2e_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/workflows"
)

// trouble is an issuer that refuses the cards of some merchants until it is fixed.
type trouble struct {
	cured atomic.Bool
	of    map[string]cashstartest.Fault
	// first is the number of cards of each of these merchants that it issues before.
	first int

	mu     sync.Mutex
	issued map[string]int
}

func (tr *trouble) options() cashstartest.Options {
	o := createOrderFault(func(r cashstartest.Request) *cashstartest.Fault {
		f, ok := tr.of[r.MerchantCode]
		if !ok || tr.cured.Load() {
			return nil
		}
		tr.mu.Lock()
		defer tr.mu.Unlock()
		if tr.issued[r.MerchantCode] < tr.first {
			tr.issued[r.MerchantCode]++
			return nil
		}
		return &f
	})
	tr.issued = map[string]int{}
	for code := range tr.of {
		o.Merchants = append(o.Merchants, merchant(code))
	}
	return o
}

// declined is a permanent refusal.
var declined = cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusForbidden}

// merchant returns the merchant with the given code, which is in capitals.
func merchant(code string) cashstartest.Merchant {
	return cashstartest.Merchant{Name: code + " Store", MerchantCode: code, Currencies: []string{"USD"}}
}

// addMerchant adds a merchant at the issuer and restarts the worker, which would otherwise use its own list for another
// second.
func (w *system) addMerchant(m cashstartest.Merchant) {
	w.t.Helper()
	w.Issuer.AddMerchant(m)
	w.StopWorker()
	require.NoError(w.t, w.StartWorker(w.ctx))
}

// orderFor places an order of a merchant, with one line of the given number of cards.
func (w *system) orderFor(code string, cards int) scenario.Placed {
	return w.placeOrder(code, shopifytest.LineItem{SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: cards, UnitPrice: "25.0"})
}

func (w *system) placeOrder(code string, line shopifytest.LineItem) scenario.Placed {
	o := w.Shop.AddOrder(shopifytest.Order{
		Email:    "buyer@example.com",
		Customer: &shopifytest.Customer{ID: 7, DisplayName: merchant(code).Name, Email: "buyer@example.com"},
		Lines:    []shopifytest.LineItem{line},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// cardsOf returns the number of cards that a merchant has in the issuer's ledger.
func (w *system) cardsOf(code string) int {
	n := 0
	for _, c := range w.Issuer.Cards() {
		if c.MerchantCode == code {
			n++
		}
	}
	return n
}

// digest has the schedule send a digest, and waits for it.
func (w *system) digest() workflows.DailyDigestResult {
	w.t.Helper()
	out, _, err := w.tryDigest()
	require.NoError(w.t, err)
	return out
}

func (w *system) tryDigest() (workflows.DailyDigestResult, *installation.Digest, error) {
	w.t.Helper()
	d, err := w.Operator.DigestNow(w.ctx)
	require.NoError(w.t, err)
	out, err := d.Wait(w.ctx)
	return out, d, err
}

// mail is a digest as its recipient reads it.
type mail struct {
	mailtest.Mail
	rows []map[string]string
}

// lastMail returns the newest digest.
func (w *system) lastMail() mail {
	w.t.Helper()
	all := w.Mail.Messages()
	require.NotEmpty(w.t, all)
	return w.read(all[len(all)-1])
}

func (w *system) read(m mailtest.Message) mail {
	w.t.Helper()
	parsed, err := m.Parse()
	require.NoError(w.t, err)
	require.Len(w.t, parsed.Attachments, 1)
	return mail{parsed, rowsOf(w.t, parsed.Attachments[0].Data)}
}

// rowsOf returns the rows of a digest's attachment, each as a map from column name to cell.
func rowsOf(t *testing.T, table []byte) []map[string]string {
	t.Helper()
	table = bytes.TrimPrefix(table, []byte("\ufeff")) // The byte order mark.
	cells, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	require.NoError(t, err)
	var rows []map[string]string
	for _, cell := range cells[min(1, len(cells)):] {
		row := map[string]string{}
		for i, name := range cells[0] {
			row[name] = cell[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// row returns the only row of an order.
func (m mail) row(w *system, name string) map[string]string {
	w.t.Helper()
	var found []map[string]string
	for _, r := range m.rows {
		if r["order"] == name {
			found = append(found, r)
		}
	}
	require.Len(w.t, found, 1, "rows of order %s", name)
	return found[0]
}

// states returns the orders in the rows by state.
func (m mail) states() map[string][]string {
	out := map[string][]string{}
	for _, r := range m.rows {
		out[r["state"]] = append(out[r["state"]], r["order"])
	}
	for _, names := range out {
		slices.Sort(names)
	}
	return out
}

// awaitFailed waits until n orders have failed.
func (w *system) awaitFailed(n int) {
	w.t.Helper()
	w.await("failed", func() bool {
		count, err := w.plain.CountWorkflow(w.ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: w.Temporal.Namespace(),
			Query:     "WorkflowType = '" + workflows.GiftCardOrderType + "' AND ExecutionStatus = 'Failed'",
		})
		require.NoError(w.t, err)
		require.LessOrEqual(w.t, int(count.GetCount()), n)
		return int(count.GetCount()) == n
	})
}

// newest returns the newest run of a workflow.
func (w *system) newest(workflowID string) *workflowpb.WorkflowExecutionInfo {
	w.t.Helper()
	d, err := w.plain.DescribeWorkflowExecution(w.ctx, workflowID, "")
	require.NoError(w.t, err)
	return d.GetWorkflowExecutionInfo()
}

// sendInput returns a digest's input to the activity that sends it.
func (w *system) sendInput(workflowID string) activities.SendDigestInput {
	w.t.Helper()
	var in activities.SendDigestInput
	for _, e := range w.history(workflowID, "").GetEvents() {
		a := e.GetActivityTaskScheduledEventAttributes()
		if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED && a.GetActivityType().GetName() == "SendDigest" {
			require.NoError(w.t, w.converter().FromPayloads(a.GetInput(), &in))
		}
	}
	require.NotZero(w.t, in)
	return in
}

// asked runs a command of giftbridge and types the given text at its prompt.
func (w *system) asked(typed string, args ...string) said {
	w.t.Helper()
	c := w.command(w.ctx, programs.Starter, nil, args)
	var stdout, stderr bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(typed), &stdout, &stderr
	err := c.Run()
	var exit *exec.ExitError
	require.Truef(w.t, err == nil || errors.As(err, &exit), "%v", err)
	return said{stdout: stdout.String(), stderr: stderr.String(), code: c.ProcessState.ExitCode()}
}
