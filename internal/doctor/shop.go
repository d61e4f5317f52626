package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

const (
	cureShop = "set SHOPIFY_SHOP to the shop's own name (example.myshopify.com), and allow outbound connections to it " +
		"from this machine"
	cureToken = "set SHOPIFY_ACCESS_TOKEN to the token of the app that is installed in the shop (shown only once, at " +
		"installation; admin: Settings, Apps)"
	cureGrant = "set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET to the values in the app's Settings in the Dev " +
		"Dashboard, and install the app in the shop, which must belong to the same organisation"
	cureScopes = "in the Dev Dashboard, open the app, create a new version with these scopes under Versions, and have " +
		"the shop accept it; for an app created in the shop's admin, add them under Settings, Apps, Develop apps, " +
		"Configuration, and install the app again"
)

// shopify checks the credentials. If Shopify does not know the configured API version, it asks the newest released one
// instead: an unknown version is reported by the next check.
func (x *examination) shopify(ctx context.Context) check.Check {
	began := x.Now()
	err := x.getAccess(ctx, x.Config.Shopify.APIVersion)
	if rest.StatusOf(err) == http.StatusNotFound {
		// Assumed: Shopify answers 404 to a version that never existed.
		if again := x.getAccess(ctx, quarter(x.Now()).Format(quarterLayout)); again == nil {
			x.strange, err = true, nil
		}
	}
	if err != nil {
		return x.noAccess(ctx, err)
	}
	if at := x.access.AnsweredAt; !at.IsZero() {
		x.skew = skew(at, began, x.Now())
	}
	configured := x.Config.Shopify.Shop
	if !strings.EqualFold(x.access.MyshopifyDomain, configured) {
		return fail(
			fmt.Sprintf("the credentials belong to %s, but SHOPIFY_SHOP is %s", x.access.MyshopifyDomain, configured),
			"if the shop was renamed, set SHOPIFY_SHOP to its new name (workflow IDs keep the old one); if it is a "+
				"different shop, use a separate namespace for it, or the credentials of "+configured)
	}
	return ok("credentials accepted by %s", configured)
}

func (x *examination) getAccess(ctx context.Context, version string) (err error) {
	cfg := x.Config.Shopify
	cfg.APIVersion = version
	if x.shop, err = app.NewShopify(cfg); err != nil {
		return err
	}
	x.access, err = x.shop.GetAccess(ctx)
	return err
}

func (x *examination) noAccess(ctx context.Context, err error) check.Check {
	said, found := errors.AsType[*rest.Error](err)
	if !found {
		return fail(x.why(ctx, err), "set the SHOPIFY_* variables as described in docs/configuration.md")
	}
	cure := cureToken
	if x.Config.Shopify.ClientID != "" {
		cure = cureGrant
	}
	switch said.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest:
		return fail("credentials refused: "+x.why(ctx, err), cure)
	case http.StatusNotFound, 0:
		return fail(x.why(ctx, err), cureShop)
	}
	return fail(x.why(ctx, err), "try again later; Shopify's status page reports outages")
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

func (x *examination) shopifyVersion(context.Context) check.Check {
	asked := x.Config.Shopify.APIVersion
	newest, supported, listed := "", false, false
	for _, v := range x.access.Versions {
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
	case x.strange:
		return fail("Shopify has no version "+asked, cure)
	case x.access.ServedVersion != "" && x.access.ServedVersion != asked: // A missing header means nothing.
		return fail(fmt.Sprintf("%s is no longer available; Shopify answered with %s", asked, x.access.ServedVersion), cure)
	case err != nil, listed && !supported:
		return warn(asked+" is not a stable version: it may change without notice", cure)
	case x.Now().After(end):
		return warn(asked+" may be removed any day: its twelve months are over", cure)
	case x.Now().Add(versionNotice).After(end):
		return warn(fmt.Sprintf("%s may be removed from %s on, in %d days", asked, end.Format(time.DateOnly),
			int(end.Sub(x.Now()).Hours()/24)), cure)
	}
	return ok("%s, available until at least %s", asked, end.Format(time.DateOnly))
}

// historyWithoutScope is the maximum age of orders that Shopify returns without read_all_orders. It silently leaves out
// older orders (shopify.dev/docs/api/admin-graphql/latest/queries/orders).
const historyWithoutScope = 60 * 24 * time.Hour

func (x *examination) shopifyScopes(context.Context) check.Check {
	want := []string{"read_orders", "read_customers"}
	if x.Config.Orders.MaxOrderAge > historyWithoutScope {
		want = append(want, "read_all_orders")
	}
	var missing []string
	for _, scope := range want {
		// A write scope includes the read scope: "write_orders" stands for both.
		if !x.granted(scope) && !x.granted(strings.Replace(scope, "read_", "write_", 1)) {
			missing = append(missing, scope)
		}
	}
	if len(missing) > 0 {
		return fail("the app lacks "+strings.Join(missing, ", "), cureScopes)
	}
	return ok("%s", strings.Join(want, ", "))
}

func (x *examination) granted(scope string) bool { return slices.Contains(x.access.Scopes, scope) }

// shopifyOrders sends the query of the polls, for one order.
func (x *examination) shopifyOrders(ctx context.Context) check.Check {
	_, err := x.shop.ListOrders(ctx, shopify.ListOrdersOptions{First: 1})
	said, _ := errors.AsType[*rest.Error](err)
	switch {
	case err == nil:
		return ok("the poll query works")
	case said != nil && said.Code == shopify.CodeAccessDenied:
		return fail(x.why(ctx, err), "give the app access to protected customer data, including name and e-mail address, "+
			"in the Dev Dashboard or Partner Dashboard (the app, API access); an app created in the shop's admin needs a "+
			"plan that allows it")
	}
	return fail(x.why(ctx, err), "try again; if it still fails and the shop has no B2B, set SHOPIFY_B2B=false")
}

// skusAtOnce is the maximum number of concurrent searches.
const skusAtOnce = 4

func (x *examination) giftCardSKUs(ctx context.Context) check.Check {
	skus := x.Config.Orders.GiftCardSKUs
	if !x.granted("read_products") && !x.granted("write_products") {
		return warn("not checked: the app lacks read_products, which only this check needs",
			"check in the shop's admin that "+skus.String()+" are variants and not native gift cards, or grant the scope")
	}
	found := make([][]shopify.Variant, len(skus))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(skusAtOnce)
	for i, sku := range skus {
		all.Go(func() (err error) {
			found[i], err = x.shop.FindVariants(ctx, sku)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return fail(x.why(ctx, err), "try again; without the scope read_products, this check is not made")
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
		return fail(text, "set GIFT_CARD_SKUS to the SKUs exactly as they are in the shop's admin (Products, the variant, "+
			"Inventory), or give the variant that SKU")
	case len(native) > 0:
		return fail("native Shopify gift cards, which Shopify issues itself and giftbridge leaves out: "+
			strings.Join(native, ", "),
			"sell them as ordinary products: a product's type cannot be changed, so create a new product with that SKU")
	}
	return ok("%s", strings.Join(skus, ", "))
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

func (x *examination) clock(context.Context) check.Check {
	if x.access.AnsweredAt.IsZero() {
		return skip("not checked: Shopify's response did not include its time")
	}
	if x.skew.Abs() <= clockTolerance {
		return ok("agrees with Shopify's")
	}
	direction := "ahead of"
	if x.skew < 0 {
		direction = "behind"
	}
	return warn(fmt.Sprintf("%s %s Shopify's", x.skew.Abs().Round(time.Second), direction),
		"synchronise this machine's clock (NTP), and check the clocks of Temporal's hosts: polls rely on those")
}
