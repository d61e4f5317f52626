package doctor

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/doctor/shop"
	"github.com/giftbridge/giftbridge/internal/settings"
)

// Identity is the name of the check. It must not change, because monitors read it.
const Identity = "identity"

func (x *examination) identityExams() []exam.Exam {
	return []exam.Exam{{
		Name: Identity, Needs: []string{Namespace, StoredPayloads, shop.Shopify},
		Reads: []string{"SHOPIFY_SHOP", "AUDIT_PREFIX", "ISSUER_DEDUPES", "PAYLOAD_"}, Do: x.identity,
	}}
}

// identity compares the configuration with the settled values that identify the orders and cards of this installation.
func (x *examination) identity(ctx context.Context) check.Check {
	pin, err := x.operator.Pinned(ctx)
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	stated := x.Config.Issue.DedupesStated || !x.Config.IssuesAtOnce()
	switch {
	case pin == nil && !stated:
		return exam.Fail("ISSUER_DEDUPES is not set, and nothing has been issued yet", "set it to true if the issuer has "+
			"confirmed in writing that it never issues a second card for a repeated audit number; otherwise set it to "+
			"false: each card is then requested at most once, and an operator settles each unknown outcome")
	case pin == nil:
		return exam.OK("nothing has been issued yet")
	}
	if err := pin.Refuses(settings.ConfiguredBy(x.Config), x.shop.ID()); err != nil {
		return exam.Fail(err.Error(), "set it back to its previous value")
	}
	switch {
	case !pin.Settled && !pin.NoSchedule:
		return exam.Warn("not settled: with another SHOPIFY_SHOP or AUDIT_PREFIX, orders would be issued again", cureSchedules)
	case pin.Settled && !pin.IssuerDedupesStated && !stated:
		return exam.Warn("ISSUER_DEDUPES has never been set: it is not known whether the issuer refuses a used audit number",
			"set ISSUER_DEDUPES, then "+cureSchedules)
	}
	return exam.OK("orders belong to %s", pin.Shop)
}
