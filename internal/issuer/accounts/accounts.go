// Package accounts finds the issuer's account of a customer. It fetches the issuer's accounts once for all orders of a
// worker, and never guesses: unless exactly one account matches, there is none.
package accounts

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/printable"
)

const (
	// ttl is how old the list may be when an order is matched against it. Accounts are added
	// by people, so noticing one a minute late is soon enough.
	ttl = time.Minute
	// missTTL is how old the list may be when an order is about to fail because its account is missing: the
	// list is then fetched again, but not for each of a thousand such orders.
	missTTL = time.Second
	// failureTTL is how long callers get the error of a failed fetch instead of a new fetch: in an outage,
	// thousands of orders keep looking up merchants, outside the rate limit that applies to issuing cards.
	failureTTL = time.Second
)

// maxCode bounds the codes of accounts, in characters. Known codes have a few.
const maxCode = 255

// List holds the issuer's accounts, fetched once for all orders of a worker.
type List struct {
	source issuer.Accounts
	words  issuer.Words
	now    func() time.Time
	flight singleflight.Group

	mu      sync.Mutex
	fetched time.Time
	index   accountIndex
	// failure is the error of the last fetch, or nil; failed is when that fetch ended.
	failure error
	failed  time.Time
}

// NewList returns a list of an issuer's accounts that is fetched on first use.
func NewList(i issuer.Abilities) *List {
	return &List{source: i.Accounts, words: i.Words(), now: time.Now}
}

// Match returns the code of the account that matches the customer. A non-empty code requests that account instead, if
// it exists.
func (m *List) Match(ctx context.Context, code string, by []string, who giftcard.Customer) (string, error) {
	found, err := m.Explain(ctx, code, by, who)
	return found.Code, err
}

// Explain is Match for people: it also returns what the account was matched by.
func (m *List) Explain(ctx context.Context, code string, by []string, who giftcard.Customer) (Match, error) {
	index, err := m.atMost(ctx, ttl)
	if err != nil {
		return Match{}, err
	}
	found, err := index.find(code, by, who)
	if err == nil {
		return found, nil
	}
	if index, err = m.atMost(ctx, missTTL); err != nil {
		return Match{}, err
	}
	return index.find(code, by, who)
}

const (
	// aheadFrom is the number of orders from which the list is fetched before any of them needs it. With fewer orders,
	// polls that see the same few orders again would fetch the list more often than the orders do.
	aheadFrom = 10
	// aheadTimeout bounds that fetch: it is better to take orders in without their accounts than late.
	aheadTimeout = 5 * time.Second
)

// MatchAhead returns the codes of the accounts of these orders, by order number, as far as the list has them. Other orders
// need a look-up of their own, which is retried and reports why it fails.
func (m *List) MatchAhead(
	ctx context.Context, code string, by []string, orders []giftcard.Order,
) map[string]string {
	if _, fetched := m.held(); len(orders) < aheadFrom && m.now().Sub(fetched) > ttl {
		return nil
	}
	return m.MatchNow(ctx, code, by, orders)
}

// MatchNow is [List.MatchAhead] for orders of which each is seen once, however few there are.
func (m *List) MatchNow(
	ctx context.Context, code string, by []string, orders []giftcard.Order,
) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, aheadTimeout)
	defer cancel()
	index, err := m.atMost(ctx, ttl)
	if err != nil {
		return nil
	}
	found := make(map[string]string, len(orders))
	for _, o := range orders {
		if code, err := index.match(code, by, o.Customer); err == nil {
			found[o.ID] = code
		}
	}
	return found
}

// atMost returns the list if it is no older than age, else a fresh one.
func (m *List) atMost(ctx context.Context, age time.Duration) (accountIndex, error) {
	index, fetched := m.held()
	if !fetched.IsZero() && m.now().Sub(fetched) <= age {
		return index, nil
	}
	if err := m.recentFailure(); err != nil {
		return accountIndex{}, err
	}
	// The fetch is shared, so it must not end with the caller that happened to start it. Its own time-out bounds it.
	done := m.flight.DoChan("accounts", func() (any, error) {
		// An earlier fetch may have ended since the list was looked at.
		if index, at := m.held(); !at.Equal(fetched) {
			return index, nil
		}
		began := m.now()
		accounts, err := m.source.Accounts(context.WithoutCancel(ctx))
		m.mu.Lock()
		defer m.mu.Unlock()
		m.failure, m.failed = err, m.now()
		if err != nil {
			return nil, err
		}
		index := newIndex(m.words, accounts)
		m.index, m.fetched = index, began
		return index, nil
	})
	select {
	case <-ctx.Done():
		return accountIndex{}, ctx.Err()
	case r := <-done:
		if r.Err != nil {
			return accountIndex{}, r.Err
		}
		return r.Val.(accountIndex), nil
	}
}

func (m *List) recentFailure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure == nil || m.now().Sub(m.failed) >= failureTTL {
		return nil
	}
	if kind, _ := giftcard.KindOf(m.failure); kind.Final() { // A final error would fail orders that never asked.
		return nil
	}
	return m.failure
}

func (m *List) held() (accountIndex, time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index, m.fetched
}

// accountIndex finds accounts by code and by name.
type accountIndex struct {
	words  issuer.Words
	codes  map[string]bool
	byName map[string][]string
}

func newIndex(words issuer.Words, accounts []issuer.Account) accountIndex {
	index := accountIndex{words: words, codes: map[string]bool{}, byName: map[string][]string{}}
	for _, a := range accounts {
		// A code goes into messages and into the Web UI. A code that cannot be displayed exactly would look like
		// another one there.
		if printable.Line(a.Code, maxCode) != a.Code {
			continue
		}
		index.codes[a.Code] = true
		for _, name := range a.Names {
			key := foldName(name)
			if key != "" && !slices.Contains(index.byName[key], a.Code) {
				index.byName[key] = append(index.byName[key], a.Code)
			}
		}
	}
	return index
}

// The attributes that accounts are matched by. Buyers choose their own names, so a buyer who takes another customer's
// name places orders on that customer's account. The shop chooses a company's name and external ID.
const (
	ByExternalID = "external_id"
	ByCompany    = "company"
	ByName       = "name"
)

// ByCode is not an attribute of customers: the account is configured for all orders.
const ByCode = "merchant_code"

// Match is the account of a customer, and what it was matched by: [ByCode] or an attribute.
type Match struct {
	Code, By string
}

// match returns the code that find returns.
func (x accountIndex) match(code string, by []string, who giftcard.Customer) (string, error) {
	found, err := x.find(code, by, who)
	return found.Code, err
}

// find tries, in this order: the configured code, the B2B company's external ID, the company's name and the customer's
// name. Of the last three it tries those in by, or all if by is empty. Its errors contain Shopify's number of the
// customer, never the name.
func (x accountIndex) find(code string, by []string, who giftcard.Customer) (Match, error) {
	matches := func(what string) bool { return len(by) == 0 || slices.Contains(by, what) }
	if code != "" {
		if !x.codes[code] {
			return Match{}, giftcard.Errorf(giftcard.MerchantUnknown,
				"the configured %s code %q is not one of %s's %d %s", x.words.Account, code, x.words.Issuer, len(x.codes),
				x.words.Accounts)
		}
		return Match{code, ByCode}, nil
	}
	if who.Guest() {
		return Match{}, giftcard.Errorf(giftcard.MerchantUnknown,
			"it was placed without a customer account, so there is no name to match to a %s", x.words.Account)
	}
	if matches(ByExternalID) && who.CompanyExternalID != "" && x.codes[who.CompanyExternalID] {
		return Match{who.CompanyExternalID, ByExternalID}, nil
	}
	for _, a := range []struct{ by, name string }{{ByCompany, who.CompanyName}, {ByName, who.DisplayName}} {
		if !matches(a.by) {
			continue
		}
		switch codes := x.byName[foldName(a.name)]; len(codes) {
		case 0:
		case 1:
			return Match{codes[0], a.by}, nil
		default:
			return Match{}, giftcard.Errorf(giftcard.MerchantAmbiguous,
				"the name of customer %s matches %d of %s's %s: %s",
				who.ID, len(codes), x.words.Issuer, x.words.Accounts, strings.Join(codes, ", "))
		}
	}
	return Match{}, giftcard.Errorf(giftcard.MerchantUnknown,
		"customer %s is not one of %s's %d %s: it has to be added at %s",
		who.ID, x.words.Issuer, len(x.codes), x.words.Accounts, x.words.Issuer)
}

// foldName makes names comparable: compatibility-composed, case-folded, spaces collapsed. Folding can decompose a
// composed letter (ΐ), hence the second composition.
func foldName(name string) string {
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
	return strings.Join(strings.Fields(folded), " ")
}
