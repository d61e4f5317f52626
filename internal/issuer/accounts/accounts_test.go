package accounts

import (
	"context"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/cashstarissuer"
)

var words = (*cashstarissuer.Issuer)(nil).Words()

func TestMerchantIndexMatch(t *testing.T) {
	t.Parallel()
	index := newIndex(words, []issuer.Account{
		{Code: "TWS", Names: []string{"The Widget Shop", "Widget Shop Ltd."}},
		{Code: "EXA", Names: []string{"Example", "Example"}},
		{Code: "CAFE", Names: []string{"Café Straße", "Ωmega Καφέ ΑΕ"}},
		{Code: "TWIN-1", Names: []string{"Twins", "Twins One Ltd."}},
		{Code: "TWIN-2", Names: []string{"TWINS", "Twins Two Ltd."}},
		{Code: "ALI", Names: []string{"Aliased", "Aliased Ltd."}},
		{Code: "ALI", Names: []string{"Aliased Ltd.", ""}},
		{Code: "NL", Names: []string{"Nameless", ""}},
	})
	tests := []struct {
		name string
		code string
		who  giftcard.Customer
		want string
	}{
		{"configured code", "EXA", giftcard.Customer{DisplayName: "The Widget Shop"}, "EXA"},
		{"configured code for a guest", "EXA", giftcard.Customer{}, "EXA"},
		{
			"external ID before names", "",
			giftcard.Customer{CompanyExternalID: "EXA", CompanyName: "The Widget Shop", DisplayName: "Café Straße"},
			"EXA",
		},
		{
			"external ID that is no code", "",
			giftcard.Customer{CompanyExternalID: "4711", CompanyName: "The Widget Shop", DisplayName: "Example"},
			"TWS",
		},
		{"company before customer", "", giftcard.Customer{CompanyName: "The Widget Shop", DisplayName: "Example"}, "TWS"},
		{"company unknown", "", giftcard.Customer{CompanyName: "Nobody", DisplayName: "Example"}, "EXA"},
		{"company ambiguous", "", giftcard.Customer{CompanyName: "Twins", DisplayName: "Example"}, "ambiguous"},
		{"display name", "", giftcard.Customer{DisplayName: "The Widget Shop"}, "TWS"},
		{"legal name", "", giftcard.Customer{DisplayName: "Widget Shop Ltd."}, "TWS"},
		{"both names the same", "", giftcard.Customer{DisplayName: "Example"}, "EXA"},
		{"two entries of one code", "", giftcard.Customer{DisplayName: "Aliased Ltd."}, "ALI"},
		{"other case", "", giftcard.Customer{DisplayName: "the WIDGET shop"}, "TWS"},
		{"other spaces", "", giftcard.Customer{DisplayName: "  The\u00a0Widget \t Shop\n"}, "TWS"},
		{"sharp s", "", giftcard.Customer{DisplayName: "CAFÉ STRASSE"}, "CAFE"},
		{"capital sharp s", "", giftcard.Customer{DisplayName: "CAFÉ STRAẞE"}, "CAFE"},
		{"decomposed accent", "", giftcard.Customer{DisplayName: "Cafe\u0301 Straße"}, "CAFE"},
		{"decomposed accent in capitals", "", giftcard.Customer{DisplayName: "CAFE\u0301 STRASSE"}, "CAFE"},
		{"Greek", "", giftcard.Customer{DisplayName: "ωμέγα"}, "unknown"},
		{"Greek in capitals", "", giftcard.Customer{DisplayName: "ΩMEGA ΚΑΦΈ ΑΕ"}, "CAFE"},
		{"full-width letters", "", giftcard.Customer{DisplayName: "Ｅｘａｍｐｌｅ"}, "EXA"},
		{"an accent is a difference", "", giftcard.Customer{DisplayName: "Cafe Straße"}, "unknown"},
		{"part of a name", "", giftcard.Customer{DisplayName: "Widget Shop"}, "unknown"},
		{"more than a name", "", giftcard.Customer{DisplayName: "The Widget Shop Inc."}, "unknown"},
		{"punctuation is a difference", "", giftcard.Customer{DisplayName: "Widget Shop Ltd"}, "unknown"},
		{"a code is no name", "", giftcard.Customer{DisplayName: "TWS"}, "unknown"},
		{"a name is no code", "", giftcard.Customer{CompanyExternalID: "Example"}, "unknown"},
		{"codes have a case", "", giftcard.Customer{CompanyExternalID: "exa"}, "unknown"},
		{"two merchants", "", giftcard.Customer{DisplayName: "twins"}, "ambiguous"},
		{"an ambiguous name told apart by the legal one", "", giftcard.Customer{DisplayName: "Twins Two Ltd."}, "TWIN-2"},
		{"guest", "", giftcard.Customer{ID: "1"}, "guest"},
		{"blank name", "", giftcard.Customer{DisplayName: "  "}, "unknown"},
		{"configured code unknown", "XXX", giftcard.Customer{DisplayName: "Example"}, "misconfigured"},
	}
	failures := map[string]struct {
		kind    giftcard.Kind
		message string
	}{
		"unknown": {
			giftcard.MerchantUnknown,
			"customer 77 is not one of CashStar's 7 merchants: ",
		},
		"ambiguous": {
			giftcard.MerchantAmbiguous, "the name of customer 77 matches 2 of CashStar's merchants: TWIN-1, TWIN-2",
		},
		"guest": {
			giftcard.MerchantUnknown,
			"it was placed without a customer account, so there is no name to match to a merchant",
		},
		"misconfigured": {
			giftcard.MerchantUnknown, `the configured merchant code "XXX" is not one of CashStar's 7 merchants`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.who.ID = "77"
			code, err := index.match(tt.code, nil, tt.who)
			if want, ok := failures[tt.want]; ok {
				require.ErrorContains(t, err, want.message)
				for _, name := range []string{tt.who.DisplayName, tt.who.CompanyName, tt.who.CompanyExternalID} {
					require.False(t, strings.TrimSpace(name) != "" && strings.Contains(err.Error(), name), err)
				}
				kind, _ := giftcard.KindOf(err)
				require.Equal(t, want.kind, kind)
				require.Empty(t, code)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, code)
		})
	}
}

func TestFoldName(t *testing.T) {
	t.Parallel()
	same := func(t require.TestingT, name string) {
		folded := foldName(name)
		require.Equal(t, folded, foldName(folded), "folding twice")
		require.Equal(t, folded, foldName(norm.NFD.String(name)), "decomposed")
		require.Equal(t, folded, foldName(norm.NFC.String(name)), "composed")
		require.Equal(t, folded, foldName(" \t"+strings.ReplaceAll(name, " ", "  ")+"\n"), "spaces")
	}
	for _, name := range []string{"", "Σίσυφος", "İstanbul", "ŉ", "ΐ", "ﬁn", "Ǆ", "ᾳ", "K\u0345"} {
		same(t, name)
	}
	require.Equal(t, foldName("Ϊ\u0301"), foldName("ΐ"), "a capital that has no composed form")

	letters := rapid.OneOf(
		rapid.SampledFrom([]rune("aÀéßẞΣςΐΰİıǅﬁŉＡ \u0301\u0308Ωω")),
		// The folding of x/text swaps the case of Cherokee letters.
		rapid.Rune().Filter(func(r rune) bool { return !unicode.Is(unicode.Cherokee, r) }),
	)
	rapid.Check(t, func(t *rapid.T) { same(t, rapid.StringOf(letters).Draw(t, "name")) })
}

// clock is a clock that stands still until it is set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var widgets = cashstartest.Merchant{
	Name: "The Widget Shop", LegalName: "Widget Shop Ltd.", MerchantCode: "TWS", Currencies: []string{"USD"},
}

func newList(t *testing.T, options cashstartest.Options) (*List, *cashstartest.Server, *clock) {
	t.Helper()
	options.Username, options.Password, options.Merchants = "user", "password", []cashstartest.Merchant{widgets}
	server := cashstartest.New(options)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	client, err := cashstar.New(cashstar.Options{BaseURL: web.URL + "/v2", Username: "user", Password: "password"})
	require.NoError(t, err)
	c := &clock{at: time.Date(2026, 7, 15, 6, 0, 0, 0, time.UTC)}
	found, err := issuer.Find(cashstarissuer.New(client, true))
	require.NoError(t, err)
	list := NewList(found)
	list.now = c.now
	return list, server, c
}

func fetches(s *cashstartest.Server) int {
	n := 0
	for _, count := range s.Stats().Requests[cashstartest.ListMerchants] {
		n += count
	}
	return n
}

var (
	known   = giftcard.Customer{ID: "1", DisplayName: "the widget shop"}
	unknown = giftcard.Customer{ID: "2", DisplayName: "New Brand"}
)

func TestMerchantListIsFetchedOnceForMany(t *testing.T) {
	t.Parallel()
	list, server, _ := newList(t, cashstartest.Options{})
	var group errgroup.Group
	for range 100 {
		group.Go(func() error {
			_, err := list.Match(t.Context(), "", nil, known)
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.Equal(t, 1, fetches(server))
}

// A look-up that finds the list old just before another look-up has refreshed it does not refresh it again.
func TestMerchantListIsFetchedOnceForThoseWhoJustMissedIt(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	_, err := list.Match(t.Context(), "", nil, known)
	require.NoError(t, err)
	clock.advance(ttl + time.Nanosecond)

	overtaken := false
	list.now = func() time.Time {
		if !overtaken {
			overtaken = true
			_, err := list.Match(t.Context(), "", nil, known)
			require.NoError(t, err)
		}
		return clock.now()
	}
	_, err = list.Match(t.Context(), "", nil, known)
	require.NoError(t, err)
	require.Equal(t, 2, fetches(server))
}

func TestMerchantListGrowsOld(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	look := func() {
		t.Helper()
		code, err := list.Match(t.Context(), "", nil, known)
		require.NoError(t, err)
		require.Equal(t, "TWS", code)
	}
	require.Zero(t, fetches(server), "nothing is fetched before it is needed")
	look()
	clock.advance(ttl)
	look()
	require.Equal(t, 1, fetches(server))
	clock.advance(time.Nanosecond)
	look()
	require.Equal(t, 2, fetches(server))
}

// manyOrders returns as many orders as the list is fetched for, all of a known customer except the last, whose customer
// is unknown.
func manyOrders(n int) []giftcard.Order {
	var orders []giftcard.Order
	for i := range n {
		orders = append(orders, giftcard.Order{ID: strconv.Itoa(i), Customer: known})
	}
	orders[n-1].Customer = unknown
	return orders
}

func TestMerchantsAreFoundAhead(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	few := manyOrders(aheadFrom - 1)
	require.Nil(t, list.MatchAhead(t.Context(), "", nil, few))
	require.Zero(t, fetches(server), "few orders look themselves")

	found := list.MatchAhead(t.Context(), "", nil, manyOrders(aheadFrom))
	require.Len(t, found, aheadFrom-1)
	require.Equal(t, "TWS", found["0"])
	require.Equal(t, 1, fetches(server), "nor for whom is not found: that order looks again")

	require.Len(t, list.MatchAhead(t.Context(), "", nil, few), aheadFrom-2, "the list is at hand")
	clock.advance(ttl + time.Nanosecond)
	require.Nil(t, list.MatchAhead(t.Context(), "", nil, few))
	require.Equal(t, 1, fetches(server))

	require.Len(t, list.MatchAhead(t.Context(), "TWS", nil, manyOrders(aheadFrom)), aheadFrom, "all are the configured one")
	require.Empty(t, list.MatchAhead(t.Context(), "GONE", nil, manyOrders(aheadFrom)))
}

// An issuer that is unavailable, or slow, does not keep a page of orders from being taken in.
func TestMerchantsAreNotFoundAhead(t *testing.T) {
	t.Parallel()
	list, server, _ := newList(t, cashstartest.Options{})
	server.Inject(cashstartest.Fault{Kind: cashstartest.ServerError})
	require.Nil(t, list.MatchAhead(t.Context(), "", nil, manyOrders(aheadFrom)))

	list, _, _ = newList(t, cashstartest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Nil(t, list.MatchAhead(ctx, "", nil, manyOrders(aheadFrom)))
}

// An unavailable issuer is asked once a second for all orders that wait for it. A final refusal is not shared, because
// it would fail orders that never asked.
func TestMerchantListFailsForASecond(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	server.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: 503})
	for range 100 {
		_, err := list.Match(t.Context(), "", nil, known)
		require.ErrorContains(t, err, "503")
		clock.advance(failureTTL/100 - time.Nanosecond)
	}
	require.Equal(t, 1, fetches(server))
	clock.advance(100 * time.Nanosecond)
	code, err := list.Match(t.Context(), "", nil, known)
	require.NoError(t, err)
	require.Equal(t, "TWS", code)
	require.Equal(t, 2, fetches(server))

	clock.advance(ttl + time.Nanosecond)
	server.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Status: 403})
	_, err = list.Match(t.Context(), "", nil, known)
	require.ErrorContains(t, err, "403")
	_, err = list.Match(t.Context(), "", nil, known)
	require.NoError(t, err)
}

func TestMissingMerchantIsLookedForOnceMore(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	look := func(who giftcard.Customer) (string, error) { return list.Match(t.Context(), "", nil, who) }
	_, err := look(known)
	require.NoError(t, err)

	clock.advance(missTTL + time.Nanosecond)
	_, err = look(unknown)
	require.ErrorContains(t, err, "customer 2 is not one of CashStar's 1 merchants")
	require.Equal(t, 2, fetches(server), "once more before the order fails")

	for range 100 {
		_, err = look(unknown)
		require.Error(t, err)
	}
	require.Equal(t, 2, fetches(server), "but not for each of many such orders")

	server.AddMerchant(cashstartest.Merchant{Name: "New Brand", MerchantCode: "NEW", Currencies: []string{"USD"}})
	clock.advance(missTTL + time.Nanosecond)
	code, err := look(unknown)
	require.NoError(t, err)
	require.Equal(t, "NEW", code)
	require.Equal(t, 3, fetches(server))
}

func TestConfiguredMerchantIsLookedForOnceMore(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	_, err := list.Match(t.Context(), "NEW", nil, giftcard.Customer{})
	require.Error(t, err)
	server.AddMerchant(cashstartest.Merchant{Name: "New Brand", MerchantCode: "NEW", Currencies: []string{"USD"}})
	clock.advance(missTTL + time.Nanosecond)
	code, err := list.Match(t.Context(), "NEW", nil, giftcard.Customer{})
	require.NoError(t, err)
	require.Equal(t, "NEW", code)
}

// The former name of a merchant that was renamed at the issuer must not be found for longer than the list lives.
func TestMerchantListIsReplacedAsAWhole(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	_, err := list.Match(t.Context(), "", nil, known)
	require.NoError(t, err)
	renamed := widgets
	renamed.Name = "Widgets & Co."
	server.AddMerchant(renamed)
	clock.advance(ttl + time.Nanosecond)
	_, err = list.Match(t.Context(), "", nil, known)
	require.Error(t, err)
}

// A miss that cannot be verified does not count: the order is retried instead of failed.
func TestMissThatCannotBeVerified(t *testing.T) {
	t.Parallel()
	list, server, clock := newList(t, cashstartest.Options{})
	_, err := list.Match(t.Context(), "", nil, known)
	require.NoError(t, err)
	clock.advance(missTTL + time.Nanosecond)
	server.Inject(cashstartest.Fault{Kind: cashstartest.ServerError})
	_, err = list.Match(t.Context(), "", nil, unknown)
	kind, _ := giftcard.KindOf(err)
	require.Equal(t, giftcard.Unavailable, kind)
	_, err = list.Match(t.Context(), "", nil, known)
	require.NoError(t, err, "the list that is there still serves")
}

// A look-up that is abandoned must not end the others that wait for the same fetch.
func TestFetchOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	began, proceed := make(chan struct{}), make(chan struct{})
	var requests atomic.Int32
	list, _, _ := newList(t, cashstartest.Options{Fault: func(cashstartest.Request) *cashstartest.Fault {
		if requests.Add(1) == 1 {
			close(began)
			<-proceed
		}
		return nil
	}})
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	go func() {
		_, err := list.Match(ctx, "", nil, known)
		gaveUp <- err
	}()
	<-began
	waiting := make(chan error)
	go func() {
		_, err := list.Match(t.Context(), "", nil, known)
		waiting <- err
	}()
	cancel()
	require.ErrorIs(t, <-gaveUp, context.Canceled)
	close(proceed)
	require.NoError(t, <-waiting)
	require.EqualValues(t, 1, requests.Load())
}

// A buyer who takes a merchant's name does not order on that merchant's account if names are not matched.
func TestMatchBy(t *testing.T) {
	t.Parallel()
	index := newIndex(words, []issuer.Account{
		{Code: "WID", Names: []string{"Widgets", ""}}, {Code: "GAD", Names: []string{"Gadgets", ""}},
	})
	impostor := giftcard.Customer{ID: "1", DisplayName: "Widgets"}
	buyer := giftcard.Customer{ID: "2", DisplayName: "Widgets", CompanyName: "Gadgets", CompanyExternalID: "WID"}
	for _, tt := range []struct {
		by   []string
		who  giftcard.Customer
		want string
	}{
		{nil, impostor, "WID"},
		{[]string{ByName}, impostor, "WID"},
		{[]string{ByExternalID, ByCompany}, impostor, ""},
		{nil, buyer, "WID"},
		{[]string{ByExternalID}, buyer, "WID"},
		{[]string{ByCompany}, buyer, "GAD"},
		{[]string{ByCompany, ByName}, buyer, "GAD"},
	} {
		code, err := index.match("", tt.by, tt.who)
		require.Equal(t, tt.want, code, "%v", tt.by)
		require.Equal(t, tt.want == "", err != nil)
	}
}
