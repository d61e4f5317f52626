package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// Books holds the records to compare.
type Books struct {
	Orders    []Order
	Merchants []Merchant
	Cards     []Card
	Later     Later
	Workflows []runs.Workflow
	// Mails are the digests, and CardMails the mails that bring cards to their recipients, in the order of their arrival.
	Mails     []mails.Mail
	CardMails []mails.Card
}

// Order is an order as recorded by the shop.
type Order struct {
	ID              int64     `json:"id"`
	Name            string    `json:"name"`
	Test            bool      `json:"test"`
	CreatedAt       time.Time `json:"created_at"`
	CancelledAt     time.Time `json:"cancelled_at"`
	FinancialStatus string    `json:"financial_status"`
	Email           string    `json:"email"`
	Currency        string    `json:"currency"`
	Customer        *Customer `json:"customer"`
	Company         *Company  `json:"company"`
	Lines           []Line    `json:"lines"`
}

// Customer is the buyer.
type Customer struct {
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
}

// Company is the company for which the order was placed.
type Company struct {
	Name       string `json:"name"`
	ExternalID string `json:"external_id"`
}

// Line is a line of an order.
type Line struct {
	SKU        string     `json:"sku"`
	GiftCard   bool       `json:"gift_card"`
	Quantity   int        `json:"quantity"`
	Removed    int        `json:"removed"`
	UnitPrice  string     `json:"unit_price"`
	Attributes []Property `json:"attributes"`
}

// Property is a property that the buyer entered for a line.
type Property struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Merchant is a merchant of the issuer's account.
type Merchant struct {
	Name         string `json:"name"`
	LegalName    string `json:"legal_name"`
	MerchantCode string `json:"merchant_code"`
}

// Card is a card in the issuer's ledger.
type Card struct {
	AuditNumber    string    `json:"audit_number"`
	OrderNumber    string    `json:"order_number"`
	MerchantCode   string    `json:"merchant_code"`
	InitialBalance string    `json:"initial_balance"`
	Currency       string    `json:"currency"`
	Status         string    `json:"status"`
	Target         string    `json:"target"`
	Created        time.Time `json:"created"`
	Scheduled      time.Time `json:"scheduled"`
	Message        struct {
		To   string `json:"to"`
		Body string `json:"body"`
	} `json:"message"`
}

// Sources says where to read the books.
type Sources struct {
	// Shop and Issuer are the addresses of the simulators.
	Shop, Issuer string
	// Later is the address of the issuer that makes cards later. If it is empty, there is none.
	Later string
	// Mails is the folder of the mails, including its subfolders. If it is empty, the books have no mails.
	Mails string
	// Temporal is the server's address.
	Temporal, Namespace string
}

// Read reads the books.
func Read(ctx context.Context, s Sources) (Books, error) {
	var b Books
	type source struct {
		address string
		into    any
	}
	ledgers := []source{
		{s.Shop + "/_control/orders", &b.Orders},
		{s.Issuer + "/_control/merchants", &b.Merchants},
		{s.Issuer + "/_control/cards", &b.Cards},
	}
	if s.Later != "" {
		ledgers = append(ledgers,
			source{s.Later + "/_control/cards", &b.Later.Cards}, source{s.Later + "/_control/stats", &b.Later})
	}
	for _, ledger := range ledgers {
		if err := get(ctx, ledger.address, ledger.into); err != nil {
			return b, err
		}
	}
	var err error
	if s.Mails != "" {
		if err := b.readMails(s.Mails); err != nil {
			return b, err
		}
	}
	b.Workflows, err = runs.Read(ctx, s.Temporal, s.Namespace)
	return b, err
}

func get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("read %s: %w", address, err)
	}
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("read %s: %w", address, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("read %s: %s", address, answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", address, err)
	}
	return nil
}

// unanswered is how the name of a mail's file ends of which the mail server dropped the answer.
const unanswered = ".unanswered.eml"

// readMails reads all .eml files below a folder, ordered by path. Each start of the mail server has a folder of its own.
func (b *Books) readMails(folder string) error {
	var files []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".eml") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("find mails: %w", err)
	}
	slices.Sort(files)
	for i, f := range files {
		content, err := os.ReadFile(f) //nolint:gosec // a file of the caller's folder
		if err != nil {
			return fmt.Errorf("read mail: %w", err)
		}
		digest, err := mails.Parse(content)
		if err == nil {
			b.Mails = append(b.Mails, digest)
			continue
		}
		var card mails.Card
		if errors.Is(err, mails.ErrNotDigest) {
			card, err = mails.ParseCard(content)
		}
		if err != nil {
			return fmt.Errorf("read mail %s: %w", filepath.Base(f), err)
		}
		// A server that was killed may have kept its last mail and not answered.
		last := i+1 < len(files) && filepath.Dir(files[i+1]) != filepath.Dir(f)
		card.Unanswered = last || strings.HasSuffix(f, unanswered)
		b.CardMails = append(b.CardMails, card)
	}
	return nil
}
