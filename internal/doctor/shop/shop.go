// Package shop examines the shop at Shopify: credentials, API version, scopes, what polls read, the SKUs, the clock.
package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// The names of the checks. They must not change, because monitors read them.
const (
	Shopify      = "shopify"
	Version      = "shopify api version"
	Scopes       = "shopify scopes"
	Orders       = "shopify orders"
	GiftCardSKUs = "gift card skus"
	Clock        = "clock"
)

const (
	cureShop = "set SHOPIFY_SHOP to the shop's own name (example.myshopify.com), and allow outbound connections to it " +
		"from this machine"
	cureBaseURL = "set SHOPIFY_BASE_URL to the address of the simulator or proxy, without a path, or unset it, so that the shop " +
		"itself is asked; allow outbound connections to it from this machine"
	cureToken = "set SHOPIFY_ACCESS_TOKEN to the token of the app that is installed in the shop (shown only once, at " +
		"installation; admin: Settings, Apps)"
	cureGrant = "set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET to the values in the app's Settings in the Dev " +
		"Dashboard, and install the app in the shop, which must belong to the same organisation"
	cureScopes = "in the Dev Dashboard, open the app, create a new version with these scopes under Versions, and have " +
		"the shop accept it; for an app created in the shop's admin, add them under Settings, Apps, Develop apps, " +
		"Configuration, and install the app again"
)

// Shop is the examination of a shop.
type Shop struct {
	cfg config.Config
	now func() time.Time
	why func(context.Context, error) string

	want   Wanting
	client *shopify.Client
	access *shopify.Access
	// strange reports whether Shopify does not know the configured version of its API.
	strange bool
	skew    time.Duration
}

// New returns the examination of the configured shop. why describes an error on one line.
func New(cfg config.Config, now func() time.Time, why func(context.Context, error) string) *Shop {
	return &Shop{cfg: cfg, now: now, why: why}
}

// ID returns Shopify's ID of the shop, after the check [Shopify] has passed.
func (s *Shop) ID() string { return s.access.ShopID }

// Exams returns the checks of the shop.
func (s *Shop) Exams() []exam.Exam {
	return []exam.Exam{
		{Name: Shopify, Reads: []string{"SHOPIFY_", "PLAIN_HTTP_HOSTS"}, Do: s.credentials},
		{Name: Version, Needs: []string{Shopify}, Do: s.version},
		{Name: Scopes, Needs: []string{Shopify}, Reads: []string{"MAX_ORDER_AGE"}, Do: s.scopes},
		{Name: Orders, Needs: []string{Version, Scopes}, Do: s.orders},
		{
			Name: GiftCardSKUs, Needs: []string{Version, Scopes}, Reads: []string{"GIFT_CARD_SKUS", "FOURWAYSHOP_ITEMS"},
			Do: s.giftCardSKUs,
		},
	}
}

// ClockExams returns the check of this machine's clock: Shopify's answers say what time it is there.
func (s *Shop) ClockExams() []exam.Exam {
	return []exam.Exam{{Name: Clock, Needs: []string{Shopify}, Do: s.clock}}
}

// credentials checks the credentials. If Shopify does not know the configured API version, it asks the newest released
// one instead: an unknown version is reported by the next check.
func (s *Shop) credentials(ctx context.Context) check.Check {
	began := s.now()
	err := s.getAccess(ctx, s.cfg.Shopify.APIVersion)
	if rest.StatusOf(err) == http.StatusNotFound {
		// Assumed: Shopify answers 404 to a version that never existed.
		if again := s.getAccess(ctx, quarter(s.now()).Format(quarterLayout)); again == nil {
			s.strange, err = true, nil
		}
	}
	if err != nil {
		return s.noAccess(ctx, err)
	}
	if at := s.access.AnsweredAt; !at.IsZero() {
		s.skew = skew(at, began, s.now())
	}
	configured := s.cfg.Shopify.Shop
	if !strings.EqualFold(s.access.MyshopifyDomain, configured) {
		return exam.Fail(
			fmt.Sprintf("the credentials belong to %s, but SHOPIFY_SHOP is %s", s.access.MyshopifyDomain, configured),
			"if the shop was renamed, set SHOPIFY_SHOP to its new name (workflow IDs keep the old one); if it is a "+
				"different shop, use a separate namespace for it, or the credentials of "+configured)
	}
	return exam.OK("credentials accepted by %s", configured)
}

func (s *Shop) getAccess(ctx context.Context, version string) (err error) {
	cfg := s.cfg.Shopify
	cfg.APIVersion = version
	if s.client, err = app.NewShopify(cfg); err != nil {
		return err
	}
	s.access, err = s.client.GetAccess(ctx)
	return err
}

func (s *Shop) noAccess(ctx context.Context, err error) check.Check {
	said, found := errors.AsType[*rest.Error](err)
	if !found {
		return exam.Fail(s.why(ctx, err), "set the SHOPIFY_* variables as described in docs/configuration.md")
	}
	cure := cureToken
	if s.cfg.Shopify.ClientID != "" {
		cure = cureGrant
	}
	switch said.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest:
		return exam.Fail("credentials refused: "+s.why(ctx, err), cure)
	case http.StatusNotFound, 0:
		if s.cfg.Shopify.BaseURL != "" {
			return exam.Fail(s.why(ctx, err), cureBaseURL)
		}
		return exam.Fail(s.why(ctx, err), cureShop)
	}
	return exam.Fail(s.why(ctx, err), "try again later; Shopify's status page reports outages")
}

const (
	quarterLayout = "2006-01"
	// versionLife is the minimum time for which a version is available. versionNotice is how long before its end it
	// should be replaced (shopify.dev/docs/api/usage/versioning).
	versionLife   = 12 // Months.
	versionNotice = 60 * 24 * time.Hour
)

// quarter returns the beginning of the quarter of t, when a version is released.
func quarter(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()-(t.Month()-1)%3, 1, 0, 0, 0, 0, time.UTC)
}

func (s *Shop) version(context.Context) check.Check {
	asked := s.cfg.Shopify.APIVersion
	newest, supported, listed := "", false, false
	for _, v := range s.access.Versions {
		if v.Supported {
			newest = max(newest, v.Handle)
		}
		if v.Handle == asked {
			supported, listed = v.Supported, true
		}
	}
	cure := "set SHOPIFY_API_VERSION to a newer version after reading Shopify's changelog"
	if newest != "" {
		cure += "; the newest is " + newest
	}
	end, err := time.Parse(quarterLayout, asked)
	end = end.AddDate(0, versionLife, 0)
	switch {
	case s.strange:
		return exam.Fail("Shopify has no version "+asked, cure)
	case s.access.ServedVersion != "" && s.access.ServedVersion != asked: // A missing header means nothing.
		return exam.Fail(fmt.Sprintf("%s is no longer available; Shopify answered with %s", asked, s.access.ServedVersion), cure)
	case err != nil, listed && !supported:
		return exam.Warn(asked+" is not a stable version: it may change without notice", cure)
	case s.want.Messages && asked < messagesSince:
		return exam.Fail("messages need version "+messagesSince+" or a later one, and SHOPIFY_API_VERSION is "+asked, cure)
	case s.now().After(end):
		return exam.Warn(asked+" may be removed any day: its twelve months are over", cure)
	case s.now().Add(versionNotice).After(end):
		return exam.Warn(fmt.Sprintf("%s may be removed from %s on, in %d days", asked, end.Format(time.DateOnly),
			int(end.Sub(s.now()).Hours()/24)), cure)
	}
	return exam.OK("%s, available until at least %s", asked, end.Format(time.DateOnly))
}

// orders sends the query of the polls, for one order.
func (s *Shop) orders(ctx context.Context) check.Check {
	_, err := s.client.ListOrders(ctx, shopify.ListOrdersOptions{First: 1})
	said, _ := errors.AsType[*rest.Error](err)
	switch {
	case err == nil:
		return exam.OK("the poll query works")
	case said != nil && said.Code == shopify.CodeAccessDenied:
		return exam.Fail(s.why(ctx, err), "give the app access to protected customer data, including name and e-mail address, "+
			"in the Dev Dashboard or Partner Dashboard (the app, API access); an app created in the shop's admin needs a "+
			"plan that allows it")
	}
	return exam.Fail(s.why(ctx, err), "try again; if it still fails and the shop has no B2B, set SHOPIFY_B2B=false")
}

// skusAtOnce is the maximum number of concurrent searches.
const skusAtOnce = 4

func (s *Shop) giftCardSKUs(ctx context.Context) check.Check {
	skus := s.cfg.SKUs()
	if !s.granted("read_products") && !s.granted("write_products") {
		return exam.Warn("not checked: the app lacks read_products, which only this check needs",
			"check in the shop's admin that "+skus.String()+" are variants and not native gift cards, or grant the scope")
	}
	found := make([][]shopify.Variant, len(skus))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(skusAtOnce)
	for i, sku := range skus {
		all.Go(func() (err error) {
			found[i], err = s.client.FindVariants(ctx, sku)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return exam.Fail(s.why(ctx, err), "try again; without the scope read_products, this check is not made")
	}
	return judgeSKUs(skus, found)
}

// judgeSKUs compares SKUs as polls do: the whole SKU, and case-sensitively.
func judgeSKUs(skus []string, found [][]shopify.Variant) check.Check {
	var missing, native, notes []string
	for i, sku := range skus {
		known := false
		for _, v := range found[i] {
			switch {
			case v.SKU == sku:
				if known = true; v.IsGiftCard && !slices.Contains(native, sku) {
					native = append(native, sku)
				}
			case strings.EqualFold(strings.TrimSpace(v.SKU), sku):
				notes = append(notes, fmt.Sprintf("Shopify spells it %q", v.SKU))
			}
		}
		if !known {
			missing = append(missing, sku)
		}
	}
	switch {
	case len(missing) > 0:
		text := "no variant has " + strings.Join(missing, ", ")
		if len(notes) > 0 {
			text += "; " + strings.Join(notes, ", ")
		}
		return exam.Fail(text, "set GIFT_CARD_SKUS to the SKUs exactly as they are in the shop's admin (Products, the variant, "+
			"Inventory), or give the variant that SKU")
	case len(native) > 0:
		return exam.Fail("native Shopify gift cards, which Shopify issues itself and giftbridge leaves out: "+
			strings.Join(native, ", "),
			"sell them as ordinary products: a product's type cannot be changed, so create a new product with that SKU")
	}
	return exam.OK("%s", strings.Join(skus, ", "))
}

// clockTolerance is the difference between the clocks above which polls search other times than Shopify's. It is the
// same as the default settle delay.
const clockTolerance = time.Minute

// skew returns by how much this clock is ahead of another one that answered between two times of this clock. It is
// negative if this clock is behind.
func skew(answered, from, until time.Time) time.Duration {
	switch {
	case answered.Before(from):
		return from.Sub(answered)
	case answered.After(until):
		return until.Sub(answered)
	}
	return 0
}

func (s *Shop) clock(context.Context) check.Check {
	if s.access.AnsweredAt.IsZero() {
		return exam.Skip("not checked: Shopify's response did not include its time")
	}
	if s.skew.Abs() <= clockTolerance {
		return exam.OK("agrees with Shopify's")
	}
	direction := "ahead of"
	if s.skew < 0 {
		direction = "behind"
	}
	return exam.Warn(fmt.Sprintf("%s %s Shopify's", s.skew.Abs().Round(time.Second), direction),
		"synchronise this machine's clock (NTP), and check the clocks of Temporal's hosts: polls rely on those")
}
