package activities

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

const (
	// merchantsTTL is how old a merchant list may be when an order is matched against it. Merchants are added
	// by people, so noticing one a minute late is soon enough.
	merchantsTTL = time.Minute
	// merchantsMissTTL is how old the list may be when an order is about to fail because its merchant is missing: the
	// list is then fetched again, but not for each of a thousand such orders.
	merchantsMissTTL = time.Second
	// merchantsFailureTTL is how long callers get the error of a failed fetch instead of a new fetch: in an outage,
	// thousands of orders keep looking up merchants, outside the rate limit that applies to issuing cards.
	merchantsFailureTTL = time.Second
)

// maxCode bounds merchant codes, in characters. Known codes have a few.
const maxCode = 255

// MerchantList holds the account's merchants, fetched once for all orders of a worker.
type MerchantList struct {
	cashStar *cashstar.Client
	now      func() time.Time
	flight   singleflight.Group

	mu      sync.Mutex
	fetched time.Time
	index   merchantIndex
	// failure is the error of the last fetch, or nil; failed is when that fetch ended.
	failure error
	failed  time.Time
}

// NewMerchantList returns a list that is fetched on first use.
func NewMerchantList(c *cashstar.Client) *MerchantList {
	return &MerchantList{cashStar: c, now: time.Now}
}

// match returns the code of the merchant that matches the customer. A non-empty code requests that merchant instead, if
// it exists.
func (m *MerchantList) match(ctx context.Context, code string, by []string, who giftcard.Customer) (string, error) {
	index, err := m.atMost(ctx, merchantsTTL)
	if err != nil {
		return "", err
	}
	found, err := index.match(code, by, who)
	if err == nil {
		return found, nil
	}
	if index, err = m.atMost(ctx, merchantsMissTTL); err != nil {
		return "", err
	}
	return index.match(code, by, who)
}

const (
	// aheadFrom is the number of orders from which the list is fetched before any of them needs it. With fewer orders,
	// polls that see the same few orders again would fetch the list more often than the orders do.
	aheadFrom = 10
	// aheadTimeout bounds that fetch: it is better to take orders in without their merchants than late.
	aheadTimeout = 5 * time.Second
)

// matchAhead returns the merchant codes of these orders, by order number, as far as the list has them. Other orders
// need a look-up of their own, which is retried and reports why it fails.
func (m *MerchantList) matchAhead(
	ctx context.Context, code string, by []string, orders []giftcard.Order,
) map[string]string {
	if _, fetched := m.held(); len(orders) < aheadFrom && m.now().Sub(fetched) > merchantsTTL {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, aheadTimeout)
	defer cancel()
	index, err := m.atMost(ctx, merchantsTTL)
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
func (m *MerchantList) atMost(ctx context.Context, age time.Duration) (merchantIndex, error) {
	index, fetched := m.held()
	if !fetched.IsZero() && m.now().Sub(fetched) <= age {
		return index, nil
	}
	if err := m.recentFailure(); err != nil {
		return merchantIndex{}, err
	}
	// The fetch is shared, so it must not end with the caller that happened to start it. Its own time-out bounds it.
	done := m.flight.DoChan("merchants", func() (any, error) {
		// An earlier fetch may have ended since the list was looked at.
		if index, at := m.held(); !at.Equal(fetched) {
			return index, nil
		}
		began := m.now()
		merchants, err := m.cashStar.Merchants(context.WithoutCancel(ctx))
		m.mu.Lock()
		defer m.mu.Unlock()
		m.failure, m.failed = err, m.now()
		if err != nil {
			return nil, err
		}
		index := newMerchantIndex(merchants)
		m.index, m.fetched = index, began
		return index, nil
	})
	select {
	case <-ctx.Done():
		return merchantIndex{}, ctx.Err()
	case r := <-done:
		if r.Err != nil {
			return merchantIndex{}, r.Err
		}
		return r.Val.(merchantIndex), nil
	}
}

func (m *MerchantList) recentFailure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure == nil || m.now().Sub(m.failed) >= merchantsFailureTTL {
		return nil
	}
	if kind, _ := classify(m.failure); kind.Final() { // A final error would fail orders that never asked.
		return nil
	}
	return m.failure
}

func (m *MerchantList) held() (merchantIndex, time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index, m.fetched
}

// merchantIndex finds merchants by code and by name.
type merchantIndex struct {
	codes  map[string]bool
	byName map[string][]string
}

func newMerchantIndex(merchants []cashstar.Merchant) merchantIndex {
	index := merchantIndex{codes: map[string]bool{}, byName: map[string][]string{}}
	for _, m := range merchants {
		// A code goes into messages and into the Web UI. A code that cannot be displayed exactly would look like
		// another one there.
		if printable.Line(m.MerchantCode, maxCode) != m.MerchantCode {
			continue
		}
		index.codes[m.MerchantCode] = true
		for _, name := range []string{m.Name, m.LegalName} {
			key := foldName(name)
			if key != "" && !slices.Contains(index.byName[key], m.MerchantCode) {
				index.byName[key] = append(index.byName[key], m.MerchantCode)
			}
		}
	}
	return index
}

// The attributes that merchants are matched by. Buyers choose their own names, so a buyer who takes a merchant's name
// places orders on that merchant's account. The shop chooses a company's name and external ID.
const (
	ByExternalID = "external_id"
	ByCompany    = "company"
	ByName       = "name"
)

// match tries, in this order: the configured code, the B2B company's external ID, the company's name and the customer's
// name. Of the last three it tries those in by, or all if by is empty. Its errors contain Shopify's number of the
// customer, never the name.
func (x merchantIndex) match(code string, by []string, who giftcard.Customer) (string, error) {
	matches := func(what string) bool { return len(by) == 0 || slices.Contains(by, what) }
	if code != "" {
		if !x.codes[code] {
			return "", giftcard.Errorf(giftcard.MerchantUnknown,
				"the configured merchant code %q is not one of CashStar's %d merchants", code, len(x.codes))
		}
		return code, nil
	}
	if who.Guest() {
		return "", giftcard.Errorf(giftcard.MerchantUnknown,
			"it was placed without a customer account, so there is no name to match to a merchant")
	}
	if matches(ByExternalID) && who.CompanyExternalID != "" && x.codes[who.CompanyExternalID] {
		return who.CompanyExternalID, nil
	}
	var names []string
	if matches(ByCompany) {
		names = append(names, who.CompanyName)
	}
	if matches(ByName) {
		names = append(names, who.DisplayName)
	}
	for _, name := range names {
		switch codes := x.byName[foldName(name)]; len(codes) {
		case 0:
		case 1:
			return codes[0], nil
		default:
			return "", giftcard.Errorf(giftcard.MerchantAmbiguous,
				"the name of customer %s matches %d of CashStar's merchants: %s",
				who.ID, len(codes), strings.Join(codes, ", "))
		}
	}
	return "", giftcard.Errorf(giftcard.MerchantUnknown,
		"customer %s is not one of CashStar's %d merchants: it has to be added at CashStar",
		who.ID, len(x.codes))
}

// foldName makes names comparable: compatibility-composed, case-folded, spaces collapsed. Folding can decompose a
// composed letter (ΐ), hence the second composition.
func foldName(name string) string {
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
	return strings.Join(strings.Fields(folded), " ")
}
