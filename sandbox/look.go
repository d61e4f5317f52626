package main

import (
	"context"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/internal/board"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// watcher looks at the running system and reports each piece of news once.
type watcher struct {
	*printer
	s      *stack.Stack
	orders *board.Board
	// cards and mails are the numbers of those that have been seen.
	cards, mails int
	// later are the barcodes of the cards made later that have been seen.
	later map[string]bool
	// poll is the watermark of the last poll that was looked at, failedPoll the end of the last one that failed.
	poll, failedPoll time.Time
	// asked counts the looks, so that each look asks about other running orders if there are many.
	asked int
}

func (w *watcher) look(ctx context.Context) error {
	// The cards are read before the orders: an order that has its cards may then be seen as it was, but not the other way
	// round.
	cards, later := w.s.Issuer.Cards(), w.madeLater()
	status, err := w.s.Operator.Status(ctx)
	if err != nil {
		return err
	}
	look := board.Look{At: time.Now(), Seen: status.Watermark}
	for _, c := range cards[w.cards:] {
		look.Cards = append(look.Cards, board.Card{
			AuditNumber: c.AuditNumber, Merchant: c.MerchantCode, Amount: c.InitialBalance, Currency: c.Currency,
		})
	}
	look.Cards = append(look.Cards, later...)
	if look.Sightings, err = w.sightings(ctx); err != nil {
		return err
	}
	w.cards = len(cards)
	w.lookAtPoll(status)
	for _, o := range w.orders.Update(look) {
		w.order(o)
	}
	return w.lookAtMails()
}

// madeLater returns the cards that have got their value since the last look.
func (w *watcher) madeLater() (out []board.Card) {
	if w.s.Later == nil {
		return nil
	}
	for _, c := range w.s.Later.Cards() {
		if c.Activations == 0 || w.later[c.Barcode] {
			continue
		}
		w.later[c.Barcode] = true
		out = append(out, board.Card{
			AuditNumber: c.Movements[0].Payload, Amount: c.OriginalAmount.String(), Currency: c.Currency,
		})
	}
	return out
}

// states are the states of orders on the board, except for Issued ones, which are recognised by their cards.
var states = []struct {
	executions.State
	shown board.State
}{
	{executions.Running, board.Running},
	{executions.Failed, board.Failed},
	{executions.Canceled, board.Canceled},
	{executions.Left, board.Left},
	{executions.Settled, board.Settled},
	{executions.Redacted, board.Redacted},
}

// sightings returns what Temporal knows about all orders that have not completed.
func (w *watcher) sightings(ctx context.Context) ([]board.Sighting, error) {
	var out []board.Sighting
	for _, state := range states {
		found, err := w.s.Operator.ListOrders(ctx, orders.OrderFilter{State: state.State})
		if err != nil {
			return nil, err
		}
		for i, o := range found {
			s := board.Sighting{
				ID: o.ID, Name: o.Name, Link: o.Link, Cards: o.Cards, State: state.shown, Reason: string(o.Reason),
			}
			if o.Failure != nil {
				s.Reason, s.Message = o.Failure.Kind, o.Failure.Message
			}
			if s.Brief = state.shown == board.Running && !w.turn(i, len(found)); state.shown == board.Running && !s.Brief {
				if err := w.addRetry(ctx, &s); err != nil {
					return nil, err
				}
			}
			out = append(out, s)
		}
	}
	w.asked++
	return out, nil
}

// atOnce is how many running orders a look asks about. In an outage, hundreds may be running.
const atOnce = 20

// turn reports whether this look asks about the running order at index i of n.
func (w *watcher) turn(i, n int) bool { return (i+w.asked*atOnce)%max(n, 1) < atOnce }

// addRetry adds which activity of a running order waits for another attempt, if one does: the one with most attempts.
func (w *watcher) addRetry(ctx context.Context, s *board.Sighting) error {
	d, err := w.s.Operator.ShowOrder(ctx, s.ID)
	if err != nil {
		return err
	}
	for _, p := range d.Pending {
		if p.Last == nil || int(p.Attempt) <= s.Attempt {
			continue
		}
		s.State, s.Attempt = board.Retrying, int(p.Attempt)
		s.Reason, s.Message = p.Activity+" "+p.Last.Kind, p.Last.Message
	}
	return nil
}

// lookAtPoll reports a poll that has brought new orders, or that has failed.
func (w *watcher) lookAtPoll(status *health.Status) {
	if p := status.LastPoll; p != nil && p.Until.After(w.poll) && p.Started > 0 {
		w.note("poll", fmt.Sprintf("%s seen, %d of them new", board.Count(p.Seen, "order"), p.Started), "")
	}
	if p := status.FailedPoll; p != nil && p.ClosedAt.After(w.failedPoll) {
		w.failedPoll = p.ClosedAt
		w.note("poll", "failed: "+p.Failure.Message, p.Link)
	}
	w.poll = status.Watermark
}

// lookAtMails reports each mail that has arrived.
func (w *watcher) lookAtMails() error {
	mails := w.s.Mail.Messages()
	for _, m := range mails[w.mails:] {
		mail, err := m.Parse()
		if err != nil {
			return err
		}
		w.note("mail", mail.Subject, fmt.Sprintf("%s/mails/%d", w.s.MailPage, m.ID))
		w.mails++
	}
	return nil
}
