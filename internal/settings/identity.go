package settings

import (
	"context"
	"errors"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Pin is what tells the orders and cards of an installation apart, as it was settled once. Workflow IDs and audit numbers
// are made of it: with another shop or prefix, orders that were issued would be issued again.
type Pin struct {
	workflows.Identity
	// AuditPrefix begins the audit numbers; nil where it is not known.
	AuditPrefix *string
	// From says where this stands: the schedule, or the order that was found.
	From string
	// Settled reports whether it stands in the schedule's input, and NoSchedule whether there is none.
	Settled, NoSchedule bool
}

// Pinned returns what is settled: in the poll's schedule, or, where that has none, by the newest order. It is nil in an
// installation without either, where the configuration counts.
func (o *Settings) Pinned(ctx context.Context) (*Pin, error) {
	in, err := o.ScheduledInput(ctx)
	if err != nil {
		return nil, err
	}
	if in != nil && in.Identity != nil {
		return &Pin{
			Identity: *in.Identity, AuditPrefix: &in.AuditPrefix, From: "schedule " + workflows.PollScheduleID, Settled: true,
		}, nil
	}
	pin, err := o.pinOfNewestOrder(ctx)
	if pin != nil {
		if pin.NoSchedule = in == nil; in != nil {
			pin.AuditPrefix = &in.AuditPrefix // Orders go by the schedule's.
		}
	}
	return pin, err
}

// ScheduledInput returns the input of the poll's schedule, nil where there is no schedule.
func (o *Settings) ScheduledInput(ctx context.Context) (*workflows.PollOrdersInput, error) {
	d, err := o.Client.ScheduleClient().GetHandle(ctx, workflows.PollScheduleID).Describe(ctx)
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe schedule %s: %w", workflows.PollScheduleID, err)
	}
	return o.pollInputOf(d.Schedule)
}

// pollInputOf reads the input of the poll's schedule.
func (o *Settings) pollInputOf(s client.Schedule) (*workflows.PollOrdersInput, error) {
	input, _ := InputOf(s)
	if input == nil {
		return nil, fmt.Errorf("schedule %s has no input of ours: run starter schedules", workflows.PollScheduleID)
	}
	var in workflows.PollOrdersInput
	if err := o.Converter.FromPayload(input, &in); err != nil {
		return nil, fmt.Errorf("read the input of schedule %s: %w", workflows.PollScheduleID, err)
	}
	return &in, nil
}

// pinOfNewestOrder reads the shop from the workflow ID of an order, and the prefix from its input.
func (o *Settings) pinOfNewestOrder(ctx context.Context) (*Pin, error) {
	var newest *workflowpb.WorkflowExecutionInfo
	err := o.Scan(ctx, "WorkflowType = "+executions.Quote(workflows.GiftCardOrderType), func(i *workflowpb.WorkflowExecutionInfo) (bool, error) {
		newest = i
		return false, nil
	})
	if err != nil || newest == nil {
		return nil, err
	}
	order := o.Order(newest)
	if order.Shop == "" {
		return nil, nil
	}
	pin := &Pin{
		Identity: workflows.Identity{Shop: order.Shop, IssuerDedupes: true}, From: "order " + order.Name,
	}
	// What the keys at hand do not open, they do not tell.
	if in, err := o.OrderInput(ctx, order.WorkflowID, order.RunID); err == nil {
		pin.AuditPrefix, pin.IssuerDedupes = &in.AuditPrefix, !in.AtMostOnce
	}
	return pin, nil
}

// IdentityError says that a configuration is not of the installation that it is used with.
type IdentityError struct{ why string }

// Error implements error.
func (e *IdentityError) Error() string { return e.why }

const changeIdentity = "; only if you know that no order is issued twice by it: starter schedules --change-identity"

// Refuses returns why a configuration must not be used with a pinned installation; nil where it may. The shop's ID is
// Shopify's; where it is empty, Shopify could not be asked.
func (p *Pin) Refuses(cfg config.Config, shopID string) error {
	if p == nil {
		return nil
	}
	known := p.ShopID != "" && shopID != ""
	switch {
	case known && p.ShopID != shopID:
		return &IdentityError{fmt.Sprintf("SHOPIFY_SHOP %s is another shop than that of %s, %s: one namespace holds one shop; "+
			"set TEMPORAL_NAMESPACE to that of this shop", cfg.Shopify.Shop, p.From, p.Shop)}
	case p.ShopID == "" && p.Shop != cfg.Shopify.Shop:
		return &IdentityError{fmt.Sprintf("SHOPIFY_SHOP is %s, and %s is of %s: with another name, orders that were issued would "+
			"be issued again. If it is another shop, set TEMPORAL_NAMESPACE to its own namespace. If the shop was renamed, "+
			"run starter schedules --renamed, which keeps the former name in workflow IDs", cfg.Shopify.Shop, p.From, p.Shop)}
	case p.AuditPrefix != nil && *p.AuditPrefix != cfg.Issue.AuditPrefix:
		return &IdentityError{fmt.Sprintf("AUDIT_PREFIX is %q, and that of %s is %q: an order that is taken in again would get "+
			"other cards%s", cfg.Issue.AuditPrefix, p.From, *p.AuditPrefix, changeIdentity)}
	case p.Settled && p.IssuerDedupesStated && !p.IssuerDedupes && cfg.Issue.DedupesStated && cfg.Issue.Dedupes:
		return &IdentityError{fmt.Sprintf("ISSUER_DEDUPES is true, and %s says false: cards would be asked for again that the "+
			"issuer may issue twice%s", p.From, changeIdentity)}
	}
	return nil
}

// CheckIdentity refuses a configuration that is of another installation than the namespace. It asks Shopify for its ID of the
// shop only where that decides. A Shopify that cannot be asked refuses nothing, nor does a schedule that cannot be read: no
// worker can read it then.
func (o *Settings) CheckIdentity(ctx context.Context, shopID func(context.Context) string) (*Pin, error) {
	pin, err := o.Pinned(ctx)
	if err != nil || pin == nil {
		return nil, IgnoreUnreadable(err)
	}
	id := ""
	if pin.ShopID != "" {
		id = shopID(ctx)
	}
	return pin, pin.Refuses(o.cfg, id)
}

// IgnoreUnreadable drops an error of keys that are not at hand.
func IgnoreUnreadable(err error) error {
	if _, locked := errors.AsType[*codec.UnreadableError](err); locked {
		return nil
	}
	return err
}

// ShopKey returns the shop as it stands in workflow IDs.
func (o *Settings) ShopKey(ctx context.Context) string {
	if pin, err := o.Pinned(ctx); err == nil && pin != nil {
		return pin.Shop
	}
	return o.cfg.Shopify.Shop
}

// Ensure says how EnsureSchedules goes about what must not change by itself.
type Ensure struct {
	// ShopID is Shopify's ID of the shop; empty where it could not be asked.
	ShopID string
	// DryRun changes nothing.
	DryRun bool
	// Yes allows what loses something: another moment from which orders count, and the end of the digest.
	Yes bool
	// Renamed keeps the shop's former name, under which its orders are known, where it is not settled yet.
	Renamed bool
	// ChangeIdentity takes the configuration for right where it differs from what is settled.
	ChangeIdentity bool
}

// UnreadableIsReplaced reports whether an error is of a schedule that cannot be read, and is to be written anew.
func (e Ensure) UnreadableIsReplaced(err error) bool { return e.Yes && IgnoreUnreadable(err) == nil }

// Identity returns the identity for the poll's schedule, or why the configuration is not of this installation.
func (o *Settings) Identity(pin *Pin, e Ensure) (*workflows.Identity, error) {
	stated := o.cfg.Issue.DedupesStated
	id := workflows.Identity{
		ShopID: e.ShopID, Shop: o.cfg.Shopify.Shop, IssuerDedupes: o.cfg.Issue.Dedupes, IssuerDedupesStated: stated,
	}
	if pin == nil && !stated {
		return nil, &IdentityError{"ISSUER_DEDUPES is not set, and this is a new installation. Say true if the issuer has " +
			"confirmed in writing that it never makes a second card of a repeated audit number; else false: each card is " +
			"asked for at most once, and a person settles what was left open"}
	}
	if pin == nil || e.ChangeIdentity {
		return &id, nil
	}
	if e.Renamed && pin.ShopID == "" {
		pin.ShopID = e.ShopID
	}
	if pin.ShopID == "" && pin.Shop == o.cfg.Shopify.Shop {
		pin.ShopID = e.ShopID
	}
	if e.Renamed && e.ShopID == "" {
		return nil, &IdentityError{"--renamed needs Shopify's ID of the shop, and Shopify could not be asked"}
	}
	if err := pin.Refuses(o.cfg, e.ShopID); err != nil {
		return nil, err
	}
	id.ShopID, id.Shop = pin.ShopID, pin.Shop
	if !stated {
		id.IssuerDedupes, id.IssuerDedupesStated = pin.IssuerDedupes, pin.IssuerDedupesStated
	}
	return &id, nil
}
