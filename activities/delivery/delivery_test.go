package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

const (
	code    = "2900000000018"
	address = "grace@example.com"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// world is an issuer of one card, the records of Temporal, and a mail server.
type world struct {
	issuer.Deferred

	*delivery.Deliveries
	mails    *mailtest.Server
	standing issuer.Standing
	lookErr  error

	mu        sync.Mutex
	looks     int
	delivered map[string]time.Time
	recordErr error
	document  func() (*issuer.Document, error)
	counted   []string
	logged    strings.Builder
	now       time.Time
	// note is what the latest heartbeat of an attempt says.
	note map[string]time.Time
}

func (*world) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (w *world) Look(_ context.Context, got issuer.Code) (issuer.Standing, error) {
	w.looks++
	if got != code {
		return issuer.Standing{}, w.lookErr
	}
	return w.standing, w.lookErr
}

func (w *world) Document(context.Context, issuer.Code) (*issuer.Document, error) { return w.document() }

func (w *world) Delivered(_ context.Context, name, key string) (time.Time, error) {
	return w.delivered[name+"/"+key], nil
}

func (w *world) RecordDelivery(_ context.Context, name, key string, at time.Time) error {
	if w.recordErr == nil {
		w.delivered[name+"/"+key] = at
	}
	return w.recordErr
}

func (*world) CardOf(_ context.Context, u deferred.Unit) (*deferred.Card, error) {
	if u.Key == "unknown" {
		return nil, giftcard.Errorf(giftcard.InvalidRequest, "no record")
	}
	made := card()
	return &made, nil
}

func (*world) Recipient(context.Context, deferred.Unit) (giftcard.Recipient, error) {
	return giftcard.Recipient{Email: address, Message: "Happy birthday!"}, nil
}

// The world is the logger of the activities, too.
func (w *world) log(message string, more []any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = fmt.Fprintln(&w.logged, append([]any{message}, more...)...)
}
func (w *world) Debug(message string, more ...any) { w.log(message, more) }
func (w *world) Info(message string, more ...any)  { w.log(message, more) }
func (w *world) Warn(message string, more ...any)  { w.log(message, more) }
func (w *world) Error(message string, more ...any) { w.log(message, more) }

var _ log.Logger = (*world)(nil)

func newWorld(t *testing.T) *world {
	t.Helper()
	mails, err := mailtest.Start(mailtest.Options{NoTLS: true})
	require.NoError(t, err)
	t.Cleanup(mails.Stop)
	templates, err := cardmail.Load("")
	require.NoError(t, err)
	sender, err := mail.New(mail.Options{Host: mails.Host(), Port: mails.Port(), TLS: mail.NoTLS, HELO: "client.example.com"})
	require.NoError(t, err)
	value := giftcard.Money{Hundredths: 5000, Currency: "EUR"}
	w := &world{
		mails: mails, delivered: map[string]time.Time{}, now: noon,
		standing: issuer.Standing{
			Known: true, Active: true, Value: value, Original: value, ValidUntil: time.Date(2027, 12, 31, 23, 0, 0, 0, time.UTC),
		},
		document: func() (*issuer.Document, error) {
			return &issuer.Document{ContentType: "application/pdf", Extension: ".pdf", Data: []byte("%PDF-1.4")}, nil
		},
	}
	w.Deliveries = &delivery.Deliveries{
		Issuers:  map[string]issuer.Abilities{"acme": {Issuer: w, Deferred: w, Documenter: w}},
		Temporal: w, Mailer: sender, Templates: templates,
		From: "Example Shop <cards@example.com>", Sender: "Example Shop", ReplyTo: "help@example.com",
		Shop: "example.myshopify.com", Now: func() time.Time { return w.now },
		Count: func(name, outcome string) { w.counted = append(w.counted, name+": "+outcome) },
	}
	return w
}

func unit() deferred.Unit {
	return deferred.Unit{Issuer: "acme", Key: "TWS-1", OrderName: "#1001", Number: 2, Item: "I50", Price: "50.00", Currency: "EUR"}
}

func card() deferred.Card { return deferred.Card{Code: code, Price: "50.00", Currency: "EUR"} }

func input() delivery.DeliverCardInput {
	return delivery.DeliverCardInput{Unit: unit(), Card: card(), To: giftcard.Recipient{
		Email: " " + address + " ", Name: "Grace", From: "Ada", Message: "Happy birthday!",
	}}
}

// attempt executes an activity, as the attempt that follows one with these heartbeat details.
func attempt[Out any](t *testing.T, w *world, name string, in, before any) (Out, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(w)
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(w.Deliveries)
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.note = map[string]time.Time{}
		require.NoError(t, details.Get(&w.note))
	})
	if before != nil {
		env.SetHeartbeatDetails(before)
	}
	var out Out
	value, err := env.ExecuteActivity(name, in)
	if err == nil {
		require.NoError(t, value.Get(&out))
	}
	w.requireSilence(t, err)
	return out, err
}

// requireSilence requires that neither the error nor the log holds what is secret or personal.
func (w *world) requireSilence(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{code, address, "grace@", "Happy"} {
		require.NotContains(t, fmt.Sprintf("%v %+v", err, err), secret)
		require.NotContains(t, w.logged.String(), secret)
	}
}

func deliver(t *testing.T, w *world) (delivery.DeliverCardResult, error) {
	t.Helper()
	return attempt[delivery.DeliverCardResult](t, w, "DeliverCard", input(), nil)
}

func requireKind(t *testing.T, err error, kind giftcard.Kind, message string) {
	t.Helper()
	var failed *temporal.ApplicationError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, string(kind), failed.Type(), failed.Message())
	require.Equal(t, kind.Final(), failed.NonRetryable())
	require.Contains(t, failed.Message(), "order #1001, card 2, sending it: ")
	require.Contains(t, failed.Message(), message)
}

func TestDeliverCard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	out, err := deliver(t, w)
	require.NoError(t, err)
	require.Equal(t, noon, out.SentAt)
	require.Equal(t, map[string]time.Time{"acme/TWS-1": noon}, w.delivered)
	require.Equal(t, []string{"acme: attached"}, w.counted)
	require.Len(t, w.mails.Messages(), 1)
	message := w.mails.Messages()[0]
	require.Equal(t, []string{address}, message.To)
	m, err := message.Parse()
	require.NoError(t, err)
	require.Equal(t, "Ada sent you a gift card from Example Shop", m.Subject)
	require.Equal(t, "<help@example.com>", m.Header.Get("Reply-To"))
	for _, body := range []string{m.Text, m.HTML} {
		for _, want := range []string{"Grace", "Ada", "Happy birthday!", "€50.00", code, "31 December 2027", "#1001"} {
			require.Contains(t, body, want)
		}
	}
	require.Contains(t, m.HTML, `src="cid:`+m.Inline[0].ContentID+`"`)
	require.True(t, strings.HasPrefix(string(m.Inline[0].Data), "\x89PNG"))
	require.Equal(t, "gift-card.pdf", m.Attachments[0].Name)
	require.NotContains(t, m.Header.Get("Message-Id"), "TWS-1")
}

// Whatever happened before, a card is sent once.
func TestDeliverCardOnce(t *testing.T) {
	t.Parallel()
	earlier := noon.Add(-time.Hour)
	t.Run("it is on record", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.delivered["acme/TWS-1"] = earlier
		out, err := deliver(t, w)
		require.NoError(t, err)
		require.Equal(t, earlier, out.SentAt)
		require.Empty(t, w.mails.Messages())
		require.Zero(t, w.looks)
	})
	t.Run("it was sent by an attempt that could not record it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.recordErr = errors.New("Temporal is away")
		w.now = earlier
		_, err := deliver(t, w)
		requireKind(t, err, giftcard.Unavailable, "Temporal is away")
		require.Len(t, w.mails.Messages(), 1)
		require.NotNil(t, w.note, "the attempt leaves a note")
		w.recordErr, w.now = nil, noon
		out, err := attempt[delivery.DeliverCardResult](t, w, "DeliverCard", input(), w.note)
		require.NoError(t, err)
		require.Equal(t, earlier, out.SentAt)
		require.Equal(t, earlier, w.delivered["acme/TWS-1"])
		require.Len(t, w.mails.Messages(), 1)
	})
	t.Run("the mail server may have taken it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.mails.Fail(mailtest.Fault{Kind: mailtest.CloseBeforeReply})
		_, err := deliver(t, w)
		requireKind(t, err, giftcard.Unavailable, "may have taken the mail")
		_, err = deliver(t, w)
		require.NoError(t, err)
		var ids []string
		for _, message := range w.mails.Messages() {
			m, err := message.Parse()
			require.NoError(t, err)
			ids = append(ids, m.Header.Get("Message-Id"))
		}
		require.Len(t, ids, 2)
		require.Equal(t, ids[0], ids[1], "mail readers show one mail")
	})
}

func TestDeliverCardFails(t *testing.T) {
	t.Parallel()
	nothing := giftcard.Money{Currency: "EUR"}
	for name, tt := range map[string]struct {
		change  func(*world)
		fault   mailtest.FaultKind
		kind    giftcard.Kind
		message string
	}{
		"refused address":  {fault: mailtest.RefuseRecipient, kind: giftcard.InvalidRequest, message: "refused the recipient's address"},
		"refused mail":     {fault: mailtest.RefuseMail, kind: giftcard.InvalidRequest, message: "refused the mail"},
		"refused sender":   {fault: mailtest.RefuseSender, kind: giftcard.Unauthorized, message: "takes no mails from us"},
		"greylisted":       {fault: mailtest.Greylist, kind: giftcard.Unavailable, message: "451"},
		"mail server away": {fault: mailtest.Down, kind: giftcard.Unavailable, message: "421"},
		"no mail server":   {change: func(w *world) { w.Mailer = nil }, kind: giftcard.Unauthorized, message: "set SMTP_HOST"},
		"another worker's issuer": {
			change: func(w *world) { w.Issuers = nil }, kind: giftcard.Unauthorized, message: `no settings for the issuer "acme"`,
		},
		"issuer away": {
			change: func(w *world) { w.lookErr = errors.New("away") }, kind: giftcard.Unavailable, message: "away",
		},
		"issuer vague": {
			change: func(w *world) { w.lookErr = giftcard.Errorf(giftcard.UnexpectedResponse, "it says nothing") },
			kind:   giftcard.Unavailable, message: "it says nothing",
		},
		"card unknown for now": {
			change: func(w *world) { w.standing = issuer.Standing{} }, kind: giftcard.Unavailable, message: "does not find it",
		},
		"card inactive": {
			change: func(w *world) { w.standing.Active = false }, kind: giftcard.CardDeclined, message: "can no longer be spent",
		},
		"card used up": {
			change: func(w *world) { w.standing.Value = nothing }, kind: giftcard.CardDeclined, message: "can no longer be spent",
		},
		"card expired": {
			change: func(w *world) { w.standing.ValidUntil = noon }, kind: giftcard.CardDeclined, message: "expired",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if tt.change != nil {
				tt.change(w)
			}
			if tt.fault != "" {
				w.mails.Fail(mailtest.Fault{Kind: tt.fault})
			}
			_, err := deliver(t, w)
			requireKind(t, err, tt.kind, tt.message)
			require.Empty(t, w.mails.Messages())
			require.Empty(t, w.delivered)
		})
	}
}

func TestDeliverCardToABadAddress(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"", "grace@example", "grace@exämple.com", "grace@example.com, eve@example.com"} {
		w := newWorld(t)
		in := input()
		in.To.Email = email
		_, err := attempt[delivery.DeliverCardResult](t, w, "DeliverCard", in, nil)
		requireKind(t, err, giftcard.InvalidRequest, "address")
		require.Empty(t, w.mails.Messages())
	}
}

// shop is a shop of one order.
type shop struct {
	intake.Source
	order intake.Order
}

func (s shop) ReadAll(_ context.Context, numbers []string) (map[string]intake.Lookup, error) {
	return map[string]intake.Lookup{numbers[0]: {Order: &s.order}}, nil
}

// What was cancelled while its card waited for its day is not sent. What did not wait is not read again.
func TestDeliverCardThatIsNoLongerOwed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Orders = intake.NewReader(shop{order: intake.Order{Candidate: giftcard.Candidate{Cancelled: true}}}, 0)
	in := input()
	in.OrderWorkflowID, in.WaitedForDay = "gift-card-order/example.myshopify.com/5001", true
	_, err := attempt[delivery.DeliverCardResult](t, w, "DeliverCard", in, nil)
	requireKind(t, err, giftcard.OrderChanged, "the order was cancelled while the card waited for its day of delivery, so it was not sent")
	require.Empty(t, w.mails.Messages())
	_, err = deliver(t, w)
	require.NoError(t, err)
}

// A mail goes without its document rather than not at all.
func TestDeliverCardWithoutDocument(t *testing.T) {
	t.Parallel()
	for err, counted := range map[error]string{
		&issuer.NoDocument{Reason: "refused"}: "acme: refused",
		errors.New("out of paper"):            "acme: not available",
	} {
		w := newWorld(t)
		w.document = func() (*issuer.Document, error) { return nil, err }
		_, failed := deliver(t, w)
		require.NoError(t, failed)
		m, failed := w.mails.Messages()[0].Parse()
		require.NoError(t, failed)
		require.Empty(t, m.Attachments)
		require.NotContains(t, m.Text, "attached")
		require.Equal(t, []string{counted}, w.counted)
	}
	w := newWorld(t)
	w.Issuers["acme"] = issuer.Abilities{Issuer: w, Deferred: w}
	_, err := deliver(t, w)
	require.NoError(t, err)
	require.Empty(t, w.counted, "an issuer without documents is not counted")
}

func TestResendCard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := deliver(t, w)
	require.NoError(t, err)
	in := delivery.ResendCardInput{Unit: unit(), Email: "hopper@example.com"}
	out, err := attempt[delivery.ResendCardResult](t, w, "ResendCard", in, nil)
	require.NoError(t, err)
	require.Equal(t, noon, out.SentAt)
	mails := w.mails.Messages()
	require.Len(t, mails, 2)
	require.Equal(t, []string{"hopper@example.com"}, mails[1].To)
	first, err := mails[0].Parse()
	require.NoError(t, err)
	second, err := mails[1].Parse()
	require.NoError(t, err)
	require.NotEqual(t, first.Header.Get("Message-Id"), second.Header.Get("Message-Id"))
	require.Contains(t, second.Text, code)
	require.Contains(t, second.Text, "Happy birthday!")

	_, err = attempt[delivery.ResendCardResult](t, w, "ResendCard", delivery.ResendCardInput{Unit: unit()}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{address}, w.mails.Messages()[2].To)

	_, err = attempt[delivery.ResendCardResult](t, w, "ResendCard", in, map[string]time.Time{"sent_at": noon})
	require.NoError(t, err)
	require.Len(t, w.mails.Messages(), 3, "an earlier attempt has sent it")

	in.Key = "unknown"
	_, err = attempt[delivery.ResendCardResult](t, w, "ResendCard", in, nil)
	requireKind(t, err, giftcard.InvalidRequest, "no record")
}
