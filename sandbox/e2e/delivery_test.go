package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/sandbox/internal/billing"
	"github.com/giftbridge/giftbridge/workflows"
)

// mailing returns the activities that mail the cards of the made-up issuer, through the mail server of the system.
func mailing(t *testing.T, w *system, by issuer.Abilities) *delivery.Deliveries {
	t.Helper()
	templates, err := cardmail.Load("")
	require.NoError(t, err)
	mailer, err := app.NewMailer(w.Config.SMTP)
	require.NoError(t, err)
	return &delivery.Deliveries{
		Issuers: map[string]issuer.Abilities{"acme": by}, Temporal: promises.New(w.Operator.Recovery), Mailer: mailer,
		Templates: templates, From: "Example Shop <cards@example.com>", Sender: "Example Shop", Shop: w.Config.Shopify.Shop,
		Now: time.Now,
	}
}

// mailedOrder returns the input of an order of cards that are made later, and mailed.
func mailedOrder(w *deferring, number, cards int) workflows.GiftCardOrderInput {
	in := deferredOrder(w, number, cards)
	in.Deferred["LATER"] = workflows.DeferredItem{Issuer: "acme", Item: "I50", Deliver: true}
	return in
}

// requireMailed requires that an address has got so many cards, each in a mail of its own. There may be other cards.
func (d *deferring) requireMailed(address string, cards int) {
	d.t.Helper()
	held, mails := map[string]bool{}, 0
	for _, message := range d.Mail.Messages() {
		if !slices.Contains(message.To, address) {
			continue
		}
		mails++
		m, err := message.Parse()
		require.NoError(d.t, err)
		for _, card := range d.issuer.Cards() {
			if code := string(card.Code); strings.Contains(m.Text, code) {
				require.Contains(d.t, m.HTML, code)
				require.Equal(d.t, 1, card.Activations)
				require.False(d.t, held[code], "a card was mailed twice")
				held[code] = true
			}
		}
	}
	require.Equal(d.t, cards, mails)
	require.Len(d.t, held, cards)
}

// The histories of cards that are mailed, and what a card costs that is mailed at once.
func TestHistoriesOfDeliveredCards(t *testing.T) {
	t.Parallel()
	const bad, good = "mistyped@example.com", "corrected@example.com"
	w := startDeferred(t, &vendor{late: 50 * time.Millisecond})

	one := mailedOrder(w, 1001, 1)
	id, err := w.deferred(one)
	require.NoError(t, err)
	var out workflows.GiftCardOrderResult
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, &out))
	require.WithinDuration(t, time.Now(), out.Cards[0].SentAt, time.Minute)
	w.requireMailed("grace@example.com", 1)
	var cost billing.Cost
	require.NoError(t, cost.AddRun(w.ctx, w.plain, id, ""))
	t.Logf("order of one card that is mailed: %d events, %d actions", cost.Events, cost.Actions)
	require.LessOrEqual(t, cost.Events, int64(25))
	w.keep("GiftCardOrder/delivered", id, "")
	record := workflows.CardDeliveryID("acme", key(one, 1))
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, record, "").Get(w.ctx, nil))
	w.keep("DeliveredCard/recorded", record, "")

	day := mailedOrder(w, 1002, 1)
	to := &day.Order.Lines[0].Recipient
	to.Email = "later@example.com"
	to.SendOn, to.Offset = soon(time.Now())
	id, err = w.deferred(day)
	require.NoError(t, err)
	w.requireMailed("later@example.com", 1)
	w.keep("GiftCardOrder/delivered-on-its-day", id, "")

	refused := mailedOrder(w, 1003, 2)
	refused.Order.Lines[0].Units = 1
	second := refused.Order.Lines[0]
	second.ID, second.Recipient.Email = "2", bad
	refused.Order.Lines = append(refused.Order.Lines, second)
	w.Mail.Fail(mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: bad})
	id, err = w.deferred(refused)
	require.ErrorContains(t, err, "order #1003, card 2, sending it: the mail server refused the recipient's address")
	require.ErrorContains(t, err, "(of 2 gift cards, failed: 2; issued: 1)")
	require.ErrorContains(t, err, string(giftcard.InvalidRequest))
	require.NotContains(t, err.Error(), bad)
	w.keep("GiftCardOrder/delivery-refused", id, "")

	// A correction sends the same card to the other address, and sends no other card again.
	existing := w.starter(nil, "orders", "fix", "#1003", "--unit", "1", "--email", good, "--yes")
	require.Equal(t, cli.ExitFailure, existing.code)
	require.Contains(t, existing.stderr, "card 1 of order #1003 exists, and was sent as it was ordered")
	fixed := w.ok("orders", "fix", "#1003", "--email", good, "--yes")
	require.NotContains(t, fixed, good)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	w.issuer.requireCards(t, 4)
	w.requireMailed(good, 1)
	w.requireMailed(bad, 0)
	w.requireMailed("grace@example.com", 2)
	w.keep("GiftCardOrder/delivered-after-fix", id, "")

	d, err := w.Operator.ShowOrder(w.ctx, "#1001")
	require.NoError(t, err)
	card, err := w.Operator.ResendableCard(w.ctx, d, 1)
	require.NoError(t, err)
	_, err = w.Operator.ResendCard(w.ctx, d, card, "hopper@example.com", "ops", "ticket 4711")
	require.NoError(t, err)
	w.requireMailed("hopper@example.com", 1)
	w.keep("ResendCard/sent", workflows.ResendCardID(one.Order.Shop, "1001", 1), "")
}

// soon returns a day and an offset from UTC, in minutes, of which the day begins at the next full minute.
func soon(now time.Time) (day, offset string) {
	next := now.UTC().Truncate(time.Minute).Add(time.Minute)
	ahead := -(next.Hour()*60 + next.Minute()) // How far local time is ahead of UTC where it is midnight then.
	if ahead < -12*60 {
		ahead += 24 * 60
	}
	return next.Add(time.Duration(ahead) * time.Minute).Format(time.DateOnly), fmt.Sprint(-ahead)
}

// A reset of the order, whatever it forgets, sends no card twice.
func TestDeliveriesOfResetOrders(t *testing.T) {
	t.Parallel()
	w := startDeferred(t, &vendor{late: 20 * time.Millisecond})
	in := mailedOrder(w, 1001, 2)
	id, err := w.deferred(in)
	require.NoError(t, err)
	first, err := w.plain.DescribeWorkflowExecution(w.ctx, id, "")
	require.NoError(t, err)
	run := first.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	var was workflows.GiftCardOrderResult
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, run).Get(w.ctx, &was))
	resets := 0
	for _, e := range slices.Backward(w.history(id, run).GetEvents()) {
		if e.GetEventType() != enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			continue
		}
		resets++
		_, err := w.plain.ResetWorkflowExecution(w.ctx, &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: w.Temporal.Namespace(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run},
			Reason: "test", WorkflowTaskFinishEventId: e.GetEventId(), RequestId: fmt.Sprint(id, e.GetEventId()),
		})
		require.NoError(t, err)
		var out workflows.GiftCardOrderResult
		require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, &out))
		require.Equal(t, was.Cards, out.Cards, "when they were sent, too")
		w.requireMailed("grace@example.com", 2)
	}
	require.GreaterOrEqual(t, resets, 4)
}

// Support sends a card once more. The command shows nothing of the card, and refuses what was not sent.
func TestResendOfACard(t *testing.T) {
	t.Parallel()
	w := startDeferred(t, &vendor{})
	in := mailedOrder(w, 1001, 2)
	_, err := w.deferred(in)
	require.NoError(t, err)
	w.await("order in the lists", func() bool { return w.starter(nil, "orders", "show", "#1001").code == 0 })
	for _, refused := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"#1001", "--reason", "r"}, cli.ExitUsage, "say which by --unit"},
		{[]string{"#1001", "--unit", "3", "--reason", "r"}, cli.ExitFailure, "has no card 3"},
		{[]string{"#1001", "--unit", "1"}, cli.ExitUsage, "--reason must not be empty"},
		{[]string{"#1001", "--unit", "0", "--reason", "r"}, cli.ExitUsage, "starting at 1"},
		{[]string{"#1001", "--unit", "1", "--to", "nobody", "--reason", "r"}, cli.ExitUsage, "is not an address"},
		{[]string{"#4711", "--reason", "r"}, cli.ExitFailure, "#4711"},
	} {
		said := w.starter(nil, append([]string{"cards", "resend", "--yes"}, refused.args...)...)
		require.Equal(t, refused.code, said.code, said.stderr)
		require.Contains(t, said.stderr, refused.says)
	}
	declined := w.asked("n\n", "cards", "resend", "#1001", "--unit", "2", "--reason", "r")
	require.Equal(t, cli.ExitFailure, declined.code)
	w.requireMailed("grace@example.com", 2)
	said := w.asked("y\n", "cards", "resend", "#1001", "--unit", "2", "--reason", "ticket 4711")
	require.Zero(t, said.code, said.stderr)
	require.Contains(t, said.stderr, "Send card 2 of order #1001 (50.00 EUR) once more, to its recipient?")
	require.Regexp(t, `^card 2 of order #1001 was sent once more at \S+Z\n$`, said.stdout)
	require.Len(t, w.Mail.Messages(), 3)
	for _, card := range w.issuer.Cards() {
		require.NotContains(t, said.stdout+said.stderr, string(card.Code))
	}
}

// A card can wait for its day of delivery for longer than the record of how it was made is kept. If its mail is refused then,
// it is still this card that is sent to the corrected address.
func TestFixOfACardWhoseRecordHasExpired(t *testing.T) {
	t.Parallel()
	const bad, good = "mistyped@example.com", "corrected@example.com"
	w := startDeferred(t, &vendor{})
	in := mailedOrder(w, 1001, 1)
	in.Order.Lines[0].Recipient.Email = bad
	w.Mail.Fail(mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: bad})
	id, err := w.deferred(in)
	require.ErrorContains(t, err, "refused the recipient's address")
	made := workflows.DeferredCardID("acme", key(in, 1), 1)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, made, "").Get(w.ctx, nil))
	_, err = w.plain.WorkflowService().DeleteWorkflowExecution(w.ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: w.Temporal.Namespace(), WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: made},
	})
	require.NoError(t, err)
	w.await("record of the card gone", func() bool {
		_, err := w.plain.DescribeWorkflowExecution(w.ctx, made, "")
		return executions.IsNotFound(err)
	})
	w.setRetention(24 * time.Hour) // No card is begun in the last day of the retention.
	w.ok("orders", "fix", "#1001", "--email", good, "--yes")
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
	w.issuer.requireCards(t, 1)
	w.requireMailed(good, 1)
}
