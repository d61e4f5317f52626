package main

import (
	"context"
	"fmt"
	"io"

	"github.com/giftbridge/giftbridge/sandbox/arrived"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// account compares what customers bought with what exists, as the auditor sees it.
type account struct {
	OrdersPlaced int `json:"orders_placed"`
	// OrdersEligible is the number of gift-card orders among them, including those that cannot succeed.
	OrdersEligible  int `json:"orders_eligible"`
	CardsExpected   int `json:"cards_expected"`
	CardsIssued     int `json:"cards_issued"`
	CardsDuplicate  int `json:"cards_duplicate"`
	CardsMissing    int `json:"cards_missing"`
	CardsUnexpected int `json:"cards_unexpected"`
	// CardsMadeLater counts those of CardsIssued that were made later, CardsActivatedTwice those of them that got a value more
	// than once, and CardsOfTwo those that were activated for two units.
	CardsMadeLater      int `json:"cards_made_later"`
	CardsActivatedTwice int `json:"cards_activated_twice"`
	CardsOfTwo          int `json:"cards_of_two_owners"`
	OrdersFailed        int `json:"orders_failed"`
	// OrdersLeftOut is the number of orders without a workflow.
	OrdersLeftOut int `json:"orders_left_out"`
	// DigestMails is the number of digests sent. The other two count the rows of the newest one.
	DigestMails        int `json:"digest_mails"`
	DigestFailedOrders int `json:"digest_failed_orders"`
	DigestRecovered    int `json:"digest_recovered"`
	arrived.Messages
	arrived.Events
	// WebhooksAnswered is the number of deliveries of the shop that the receiver answered with success.
	WebhooksAnswered int `json:"webhooks_answered"`
	// IssuerRequests and ShopRequests include failed requests.
	IssuerRequests int      `json:"issuer_requests"`
	ShopRequests   int      `json:"shop_requests"`
	Seconds        float64  `json:"seconds"`
	Problems       []string `json:"problems"`
}

func newAccount(ctx context.Context, s *stack.Stack) (account, error) {
	books, err := s.Books(ctx)
	if err != nil {
		return account{}, err
	}
	found := books.Judge(s.Rules())
	a := account{
		OrdersPlaced: found.OrdersPlaced, OrdersEligible: found.OrdersEligible, OrdersFailed: found.OrdersFailed,
		OrdersLeftOut: found.OrdersLeftOut, CardsExpected: found.UnitsExpected, CardsIssued: found.CardsIssued,
		CardsDuplicate: found.CardsDuplicate, CardsMissing: found.CardsMissing, CardsUnexpected: found.CardsUnexpected,
		CardsMadeLater: found.CardsMadeLater, CardsActivatedTwice: found.CardsActivatedTwice, CardsOfTwo: found.CardsOfTwo,
		DigestMails: found.DigestMails, Problems: found.Problems,
	}
	if n := len(books.Mails); n > 0 {
		for _, row := range books.Mails[n-1].Rows {
			switch row.State {
			case "failed":
				a.DigestFailedOrders++
			case "recovered":
				a.DigestRecovered++
			}
		}
	}
	a.IssuerRequests, a.ShopRequests = s.Requests()
	for _, topic := range s.Shop.Webhooks().Ledger().Topics {
		a.WebhooksAnswered += topic.Delivered
	}
	if s.Config.Webhooks() && a.WebhooksAnswered == 0 {
		a.Problems = append(a.Problems, "the receiver answered no webhook")
	}
	return a, nil
}

func (a account) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `orders placed    %d
  eligible       %d
  left out       %d
  failed         %d
cards expected   %d
  issued         %d
  missing        %d
  duplicate      %d
  unexpected     %d
  made later     %d (%d activated twice, %d with two owners)
digest           %d sent: %d failed, %d recovered
messages         %d on %d phones, and %d to all who asked for a product
  twice          %d
  too early      %d
  missing        %d
  not sent       %d
events           %d taken by the ERP, and %d once more
  stale          %d
  out of order   %d
  refused        %d
requests         %d to the issuers, %d to the shop
seconds          %.1f
`, a.OrdersPlaced, a.OrdersEligible, a.OrdersLeftOut, a.OrdersFailed, a.CardsExpected, a.CardsIssued, a.CardsMissing,
		a.CardsDuplicate, a.CardsUnexpected, a.CardsMadeLater, a.CardsActivatedTwice, a.CardsOfTwo, a.DigestMails, a.DigestFailedOrders, a.DigestRecovered,
		a.Sent, a.Phones, a.Notices, a.Twice, a.Early, a.Missing, a.Unsent,
		a.EventsTaken, a.EventsAgain, a.EventsStale, a.EventsUnordered, a.EventsRefused, a.IssuerRequests, a.ShopRequests, a.Seconds)
	for _, p := range a.Problems {
		if err == nil {
			_, err = fmt.Fprintln(w, "PROBLEM", p)
		}
	}
	return err
}
