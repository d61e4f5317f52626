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
	// merchantsTTL is how old a merchant list may be when an order is matched against it. Merchants are added by people;
	// a minute late is early enough.
	merchantsTTL = time.Minute
	// merchantsMissTTL is how old it may be when an order is about to fail for want of its merchant: the list is then
	// fetched again, but not for each of a thousand such orders.
	merchantsMissTTL = time.Second
	// merchantsFailureTTL is how long a failed fetch answers those who come after it: in an outage thousands of orders
	// look again and again, outside the limit that their cards are issued under.
	merchantsFailureTTL = time.Second
)

// maxCode bounds merchant codes, in characters; those that are known have a few.
const maxCode = 255

// MerchantList is the account's merchants, fetched once for all orders of a worker.
type MerchantList struct {
	cashStar *cashstar.Client
	now      func() time.Time
	flight   singleflight.Group

	mu      sync.Mutex
	fetched time.Time
	index   merchantIndex
	// failure is what the last fetch failed with, if it did, and failed is when it ended.
	failure error
	failed  time.Time
}

// NewMerchantList returns a list that is fetched when it is first needed.
func NewMerchantList(c *cashstar.Client) *MerchantList {
	return &MerchantList{cashStar: c, now: time.Now}
}

// match returns the code of the merchant that the customer is. A non-empty code asks for that merchant instead, if
// there is one.
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
	// aheadFrom is the number of orders for which the list is fetched before any of them asks. With fewer, polls that see
	// the same few orders again would fetch it more often than the orders do.
	aheadFrom = 10
	// aheadTimeout bounds that fetch: orders are better off without their merchants than late.
	aheadTimeout = 5 * time.Second
)

// matchAhead returns the codes of the merchants of these orders, by the order's number, as far as the list tells. The
// others have to be looked up, which is retried and tells why it fails.
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

// atMost returns the list if it is no older than that, else a fresh one.
func (m *MerchantList) atMost(ctx context.Context, age time.Duration) (merchantIndex, error) {
	index, fetched := m.held()
	if !fetched.IsZero() && m.now().Sub(fetched) <= age {
		return index, nil
	}
	if err := m.recentFailure(); err != nil {
		return merchantIndex{}, err
	}
	// The fetch is shared, so it must not end with the caller that happened to begin it; its own time-out bounds it.
	done := m.flight.DoChan("merchants", func() (any, error) {
		// An earlier fetch may have ended between the look at the list and this one.
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
	if kind, _ := classify(m.failure); kind.Final() { // It would fail orders that have not asked.
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
		// A code goes into messages and into the Web UI. One that cannot be shown as it is passes for another there.
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

// What merchants are matched by. Buyers choose their own name, so a buyer who takes a merchant's name places orders on its
// account. The shop chooses a company's name and external ID.
const (
	ByExternalID = "external_id"
	ByCompany    = "company"
	ByName       = "name"
)

// match tries, in this order: the configured code, the B2B company's external ID, the company's name, the customer's
// name; of the last three those that it is to match by, or all where nothing is said. Its errors name Shopify's number of the
// customer, never the customer.
func (x merchantIndex) match(code string, by []string, who giftcard.Customer) (string, error) {
	matches := func(what string) bool { return len(by) == 0 || slices.Contains(by, what) }
	if code != "" {
		if !x.codes[code] {
			return "", giftcard.Errorf(giftcard.MerchantUnknown,
				"the configured merchant code %q is not among CashStar's %d merchants", code, len(x.codes))
		}
		return code, nil
	}
	if who.Guest() {
		return "", giftcard.Errorf(giftcard.MerchantUnknown,
			"it was placed without a customer account, so there is no name to find its merchant by")
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
				"the name of customer %s belongs to %d of CashStar's merchants: %s",
				who.ID, len(codes), strings.Join(codes, ", "))
		}
	}
	return "", giftcard.Errorf(giftcard.MerchantUnknown,
		"customer %s is not among CashStar's %d merchants: it has to be added there",
		who.ID, len(x.codes))
}

// foldName makes names comparable: compatibility-composed, case-folded, spaces collapsed. Folding can take a composed
// letter apart (ΐ), hence the second composition.
func foldName(name string) string {
	folded := norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
	return strings.Join(strings.Fields(folded), " ")
}
