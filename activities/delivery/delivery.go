package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/mail"
)

// Deliveries mails cards to their recipients.
type Deliveries struct {
	// Issuers are the issuers of the cards, by the names by which inputs call them.
	Issuers  map[string]issuer.Abilities
	Temporal Temporal
	// Mailer is nil if no mail server is configured.
	Mailer    activities.Mailer
	Templates *cardmail.Templates
	// From is the sender of the mails, and Sender the name that it shows. ReplyTo may be empty.
	From, Sender, ReplyTo string
	// Shop makes the identities of the mails unique where the unit does not name its order.
	Shop string
	Now  func() time.Time
	// Orders reads an order again whose card has waited for its day. If nil, orders are never read again.
	Orders *intake.Reader
	// Count counts what became of the printable document of a card. It may be nil.
	Count func(issuerName, outcome string)
}

// Temporal is what the activities need of Temporal. promises.Promises implements it.
type Temporal interface {
	activities.Beater
	// Delivered returns when the card of a unit was sent; zero if that is not on record.
	Delivered(ctx context.Context, issuerName, key string) (time.Time, error)
	// RecordDelivery records that the card of a unit was sent. The first record stays.
	RecordDelivery(ctx context.Context, issuerName, key string, at time.Time) error
	// CardOf returns the card of a unit that exists and has its value, as far as its workflow or a person says.
	CardOf(ctx context.Context, u deferred.Unit) (*deferred.Card, error)
	// Recipient returns who gets the card of a unit, as the order says it now.
	Recipient(ctx context.Context, u deferred.Unit) (giftcard.Recipient, error)
}

// DeliverCardType is the name of [Deliveries.DeliverCard] in Temporal.
const DeliverCardType = "DeliverCard"

// DeliverCardInput is a card to send.
type DeliverCardInput struct {
	deferred.Unit

	Card deferred.Card      `json:"card"`
	To   giftcard.Recipient `json:"to"`
	// WaitedForDay reports whether the order has waited for the day of delivery, so that it may have changed meanwhile.
	WaitedForDay bool `json:"waited_for_day,omitempty"`
}

// DeliverCardResult is a card that was sent.
type DeliverCardResult struct {
	// SentAt is when the mail server took the mail.
	SentAt time.Time `json:"sent_at"`
}

// sent is what a heartbeat records once the mail server has taken the mail.
type sent struct {
	SentAt time.Time `json:"sent_at"`
}

// sentByEarlierAttempt returns when an earlier attempt sent the mail; zero if none is known to have done so.
func sentByEarlierAttempt(ctx context.Context) time.Time {
	var note sent
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &note) == nil {
		return note.SentAt
	}
	return time.Time{}
}

// DeliverCard mails a card to its recipient, once: what is on record as sent is not sent again, by no run of the order. If
// the process dies after the mail server took the mail and before that was recorded, the mail is sent again, with the same
// Message-ID. A card that can no longer be spent is not sent.
func (d *Deliveries) DeliverCard(ctx context.Context, in DeliverCardInput) (DeliverCardResult, error) {
	at, err := d.deliver(ctx, in)
	if err != nil {
		return DeliverCardResult{}, failed(ctx, in.Unit, err)
	}
	return DeliverCardResult{SentAt: at}, nil
}

func (d *Deliveries) deliver(ctx context.Context, in DeliverCardInput) (time.Time, error) {
	at := sentByEarlierAttempt(ctx)
	if at.IsZero() {
		var err error
		if at, err = d.Temporal.Delivered(ctx, in.Issuer, in.Key); err != nil || !at.IsZero() {
			return at, err
		}
		if err := d.stillOrdered(ctx, in); err != nil {
			return time.Time{}, err
		}
		if at, err = d.send(ctx, in.Unit, in.Card, in.To, in.Issuer+"/"+in.Key); err != nil {
			return time.Time{}, err
		}
	}
	return at, d.Temporal.RecordDelivery(ctx, in.Issuer, in.Key, at)
}

// stillOrdered returns an error if the order was cancelled or refunded while its card waited for its day. Of an order that
// has lost some of its cards, nobody knows which: what is too many is found after the fact, as for every issuer.
func (d *Deliveries) stillOrdered(ctx context.Context, in DeliverCardInput) error {
	if !in.WaitedForDay || d.Orders == nil {
		return nil
	}
	_, number, ok := activities.OrderOf(in.OrderWorkflowID)
	if !ok {
		return giftcard.Errorf(giftcard.InvalidRequest, "a card can be sent only for an order")
	}
	order, err := d.Orders.Get(ctx, number)
	if err != nil {
		return fmt.Errorf("read the order again: %w", err)
	}
	if why := intake.Changed(order); why != "" {
		return giftcard.Errorf(giftcard.OrderChanged, "%s while the card waited for its day of delivery, so it was not sent", why)
	}
	return nil
}

// ResendCardInput is a card to send once more.
type ResendCardInput struct {
	deferred.Unit

	// Email is the address that the card goes to; empty means that of the order.
	Email string `json:"email,omitempty"`
}

// ResendCardResult is a card that was sent once more.
type ResendCardResult struct {
	// SentAt is when the mail server took the mail.
	SentAt time.Time `json:"sent_at"`
}

// ResendCard mails a card once more, because a person wants it. The mail is another one than the first, or mail readers
// would take it for the one that they may have lost.
func (d *Deliveries) ResendCard(ctx context.Context, in ResendCardInput) (ResendCardResult, error) {
	at, err := d.resend(ctx, in)
	if err != nil {
		return ResendCardResult{}, failed(ctx, in.Unit, err)
	}
	return ResendCardResult{SentAt: at}, nil
}

func (d *Deliveries) resend(ctx context.Context, in ResendCardInput) (time.Time, error) {
	if at := sentByEarlierAttempt(ctx); !at.IsZero() {
		return at, nil
	}
	card, err := d.Temporal.CardOf(ctx, in.Unit)
	if err != nil {
		return time.Time{}, err
	}
	to, err := d.Temporal.Recipient(ctx, in.Unit)
	if err != nil {
		return time.Time{}, err
	}
	to.Email = cmp.Or(in.Email, to.Email)
	return d.send(ctx, in.Unit, *card, to, in.Issuer+"/"+in.Key+"/"+activity.GetInfo(ctx).WorkflowExecution.RunID)
}

// send mails a card, and returns when the mail server took it. identity is what the Message-ID is made of.
func (d *Deliveries) send(
	ctx context.Context, u deferred.Unit, card deferred.Card, to giftcard.Recipient, identity string,
) (time.Time, error) {
	stop := activities.Alive(ctx, d.Temporal)
	defer stop()
	if d.Mailer == nil {
		return time.Time{}, giftcard.Errorf(giftcard.Unauthorized, "this worker has no mail server: set SMTP_HOST")
	}
	by, ok := d.Issuers[u.Issuer]
	if !ok || by.Deferred == nil {
		return time.Time{}, giftcard.Errorf(giftcard.Unauthorized, "this worker has no settings for the issuer %q", u.Issuer)
	}
	address, err := intake.Address(to.Email)
	if err != nil {
		return time.Time{}, err
	}
	found, err := by.Deferred.Look(ctx, card.Code)
	if kind, _ := giftcard.KindOf(err); err != nil && kind == giftcard.UnexpectedResponse {
		// The answer may be the only one of its kind, and a look costs nothing.
		return time.Time{}, giftcard.Errorf(giftcard.Unavailable, "%v", err)
	}
	if err != nil {
		return time.Time{}, err
	}
	if err := d.spendable(found); err != nil {
		return time.Time{}, err
	}
	if !found.ValidUntil.IsZero() {
		card.ValidUntil = found.ValidUntil
	}
	m, err := d.message(ctx, by, u, card, to)
	if err != nil {
		return time.Time{}, err
	}
	m.To, m.MessageID = []string{address}, d.messageID(u, identity)
	if err := d.Mailer.Send(ctx, m); err != nil {
		return time.Time{}, ofMail(err)
	}
	at := d.Now().UTC()
	stop()
	if err := d.Temporal.Beat(ctx, activity.GetInfo(ctx).TaskToken, sent{at}); err != nil {
		activity.GetLogger(ctx).Warn("a card was sent, but no heartbeat could record this", "error", err)
	}
	return at, nil
}

// spendable returns an error if a card should not be sent. A card that its issuer does not know at the moment was known when
// it got its value, so that is asked again.
func (d *Deliveries) spendable(found issuer.Standing) error {
	switch {
	case !found.Known:
		return giftcard.Errorf(giftcard.Unavailable, "its issuer does not find it at the moment")
	case !found.Active || found.Value.Hundredths <= 0:
		return giftcard.Errorf(giftcard.CardDeclined, "it can no longer be spent, because it was cancelled, blocked or used up at "+
			"its issuer, so it was not sent")
	case !found.ValidUntil.IsZero() && !found.ValidUntil.After(d.Now()):
		return giftcard.Errorf(giftcard.CardDeclined, "it has expired at its issuer, so it was not sent")
	}
	return nil
}

// message returns the mail, without recipient and identity.
func (d *Deliveries) message(
	ctx context.Context, by issuer.Abilities, u deferred.Unit, card deferred.Card, to giftcard.Recipient,
) (mail.Message, error) {
	value, err := giftcard.ParseMoney(card.Price, card.Currency)
	if err != nil {
		return mail.Message{}, giftcard.Errorf(giftcard.UnexpectedResponse, "its value is invalid: %v", err)
	}
	document := d.document(ctx, by, u.Issuer, card.Code)
	rendered, err := d.Templates.Render(cardmail.Card{
		Code: string(card.Code), Value: value, ValidFrom: card.ValidFrom, ValidUntil: card.ValidUntil,
		Shop: d.Sender, Order: u.OrderName, To: to.Name, From: to.From, Message: to.Message,
	}, document != nil, d.Now())
	if err != nil {
		return mail.Message{}, giftcard.Errorf(giftcard.Unauthorized, "write the mail: %v", err)
	}
	m := mail.Message{
		From: d.From, ReplyTo: d.ReplyTo, Subject: rendered.Subject, Text: rendered.Text, HTML: rendered.HTML, Date: d.Now(),
		Attachments: []mail.Attachment{{
			Name: "barcode.png", ContentType: "image/png", Data: rendered.Picture.PNG, ContentID: cardmail.PictureID,
		}},
	}
	if document != nil {
		m.Attachments = append(m.Attachments, mail.Attachment{
			Name: "gift-card" + document.Extension, ContentType: document.ContentType, Data: document.Data,
		})
	}
	return m, nil
}

// What became of the printable document of a card. Other outcomes are the reasons of the issuer's adapter.
const (
	attached    = "attached"
	unavailable = "not available"
)

// document returns the printable document of a card; nil if the issuer has none, or does not return it now. The mail
// goes without it then: the card can be spent all the same.
func (d *Deliveries) document(ctx context.Context, by issuer.Abilities, name string, code issuer.Code) *issuer.Document {
	if by.Documenter == nil {
		return nil
	}
	document, err := by.Documenter.Document(ctx, code)
	outcome := attached
	if err != nil {
		document = nil
		if outcome = issuer.WhyNoDocument(err); outcome == "" {
			outcome = unavailable
		}
		activity.GetLogger(ctx).Warn("a card is mailed without its printable document", "reason", outcome)
	}
	if d.Count != nil {
		d.Count(name, outcome)
	}
	return document
}

// messageID returns the identity of a mail. It does not reveal what it is made of. The shop in it is the one under whose name
// the order was taken in: a mail that is sent again keeps its identity, although the shop was renamed in between.
func (d *Deliveries) messageID(u deferred.Unit, identity string) string {
	const enough = 16
	sum := sha256.Sum256([]byte(identity))
	shop, _, _ := activities.OrderOf(u.OrderWorkflowID)
	return "card." + hex.EncodeToString(sum[:enough]) + "@" + cmp.Or(shop, d.Shop)
}

func failed(ctx context.Context, u deferred.Unit, err error) error {
	return activities.Failure(ctx, fmt.Sprintf("order %s, card %d, sending it", u.OrderName, u.Number), err)
}
