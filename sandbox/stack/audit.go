package stack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// Books returns the stack's books, for the auditor.
func (s *Stack) Books(ctx context.Context) (audit.Books, error) {
	books, err := audit.Read(ctx, audit.Sources{
		Shop: s.ShopURL, Issuer: s.IssuerURL, Later: s.LaterURL, Temporal: s.Temporal.HostPort(), Namespace: s.Temporal.Namespace(),
	})
	if err != nil {
		return books, err
	}
	for i, c := range books.Later.Cards {
		if books.Later.Cards[i], err = unspent(c); err != nil {
			return books, err
		}
	}
	books.Mails, err = s.digests()
	return books, err
}

// digests returns the digests that were sent. Other mails bring cards to their recipients.
func (s *Stack) digests() (digests []mails.Mail, err error) {
	for _, m := range s.Mail.Messages() {
		mail, err := mails.Parse(m.Data)
		switch {
		case err == nil:
			digests = append(digests, mail)
		case !errors.Is(err, mails.ErrNotDigest):
			return nil, fmt.Errorf("read digest: %w", err)
		}
	}
	return digests, nil
}

// Rules returns the rules by which the auditor judges the stack's books. They demand no digest before the first one.
func (s *Stack) Rules() audit.Rules {
	digests, err := s.digests()
	return audit.Rules{
		SKUs: s.Config.SKUs(), Later: site.LaterItems(s.Config), Companions: s.Config.Orders.CompanionSKUs,
		CreatedFrom: s.Config.Orders.CreatedAtMin, NoDigest: err == nil && len(digests) == 0,
		NoCardMails: true, // The mail server forgets old mails.
	}
}

// Requests returns how many requests the issuers and the shop have received, including failed ones.
func (s *Stack) Requests() (issuer, shop int) {
	for _, byStatus := range s.Issuer.Stats().Requests {
		for _, n := range byStatus {
			issuer += n
		}
	}
	if s.Later != nil {
		for _, byStatus := range s.Later.Stats().Requests {
			for _, n := range byStatus {
				issuer += n
			}
		}
	}
	for _, n := range s.Shop.Stats().Requests {
		shop += n
	}
	return issuer, shop
}

// Settle waits until polls have seen everything that was placed before since (allowing for the index lag), no order is
// running, and one more poll has read the overlap again. If progress is not nil, Settle calls it with each status.
func (s *Stack) Settle(ctx context.Context, since time.Time, lag time.Duration, progress func(*health.Status)) error {
	return site.AwaitRest(ctx, s.Operator, since.Add(lag), progress)
}

// redemption is the form of what the issuer keeps with an amount that was spent or given back: the ID of a redemption.
var redemption = regexp.MustCompile(`^[0-9a-f]{32}$`)

// unspent returns a card as it was before anybody spent it at the example of a checkout: what customers bought.
func unspent(c audit.LaterCard) (audit.LaterCard, error) {
	left, err := ledger.ParseAmount(c.Amount)
	if err != nil {
		return c, fmt.Errorf("read the amount of a card: %w", err)
	}
	var kept []audit.Movement
	for _, m := range c.Movements {
		if !redemption.MatchString(m.Payload) {
			kept = append(kept, m)
			continue
		}
		spent, err := ledger.ParseAmount(m.Amount)
		if err != nil {
			return c, fmt.Errorf("read a movement of a card: %w", err)
		}
		left -= spent
	}
	c.Amount, c.Movements = left.String(), kept
	return c, nil
}
