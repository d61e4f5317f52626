package settings

import (
	"context"
	"errors"
	"fmt"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Pin is the identity of an installation's orders and cards, as it was settled once. Workflow IDs and audit numbers are
// made of it: with another shop or prefix, orders that were issued would be issued again.
type Pin struct {
	workflows.Identity
	// AuditPrefix is the prefix of the audit numbers; nil if it is not known.
	AuditPrefix *string
	// From names the source of the identity: the schedule, or the order that was found.
	From string
	// Settled reports whether the identity is in the schedule's input, and NoSchedule whether there is no schedule.
	Settled, NoSchedule bool
}

// Pinned returns the identity in the input of the poll's schedule or, if that has none, the identity of the newest
// order. It returns nil for an installation with neither, to which the configuration applies.
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
			pin.AuditPrefix = &in.AuditPrefix // Orders use the schedule's prefix.
		}
	}
	return pin, err
}

// ScheduledInput returns the input of the poll's schedule, or nil if there is no schedule.
func (o *Settings) ScheduledInput(ctx context.Context) (*workflows.PollOrdersInput, error) {
	in, _, err := o.ScheduledPoll(ctx)
	return in, err
}

// ScheduledPoll returns the input of the poll's schedule, or nil if there is no schedule, and whether the schedule is
// paused.
func (o *Settings) ScheduledPoll(ctx context.Context) (in *workflows.PollOrdersInput, paused bool, err error) {
	d, err := o.Client.ScheduleClient().GetHandle(ctx, workflows.PollScheduleID).Describe(ctx)
	if executions.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("describe schedule %s: %w", workflows.PollScheduleID, err)
	}
	in, err = o.pollInputOf(d.Schedule)
	return in, d.Schedule.State != nil && d.Schedule.State.Paused, err
}

// pollInputOf returns the input of the poll's schedule.
func (o *Settings) pollInputOf(s client.Schedule) (*workflows.PollOrdersInput, error) {
	input, _ := InputOf(s)
	if input == nil {
		return nil, fmt.Errorf("schedule %s has no input from giftbridge; run: "+buildinfo.Program+" schedules",
			workflows.PollScheduleID)
	}
	var in workflows.PollOrdersInput
	if err := o.Converter.FromPayload(input, &in); err != nil {
		return nil, fmt.Errorf("read the input of schedule %s: %w", workflows.PollScheduleID, err)
	}
	return &in, nil
}

// pinOfNewestOrder takes the shop from the workflow ID of the newest order, and the prefix from its input.
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
	// Without a key that decrypts the input, the prefix is not known.
	if in, err := o.OrderInput(ctx, order.WorkflowID, order.RunID); err == nil {
		pin.AuditPrefix, pin.IssuerDedupes = &in.AuditPrefix, !in.AtMostOnce
	}
	return pin, nil
}

// IdentityError reports that a configuration does not belong to the installation that it is used with.
type IdentityError struct{ why string }

// Error implements error.
func (e *IdentityError) Error() string { return e.why }

const changeIdentity = "; if you are certain that no order is issued twice because of it, run: " +
	buildinfo.Program + " schedules --change-identity"

// Refuses returns an error that says why a configuration must not be used with the pinned installation, or nil if it
// may. shopID is Shopify's ID of the shop; it is empty if Shopify could not be asked.
func (p *Pin) Refuses(c Configured, shopID string) error {
	if p == nil {
		return nil
	}
	known := p.ShopID != "" && shopID != ""
	switch {
	case known && p.ShopID != shopID:
		return &IdentityError{fmt.Sprintf("SHOPIFY_SHOP %s is not the shop of %s, which is %s: a namespace holds one "+
			"shop; set TEMPORAL_NAMESPACE to the namespace of this shop", c.Shop, p.From, p.Shop)}
	case p.ShopID == "" && p.Shop != c.Shop:
		return &IdentityError{fmt.Sprintf("SHOPIFY_SHOP is %s, but %s belongs to %s: with another name, orders that were "+
			"already issued would be issued again. If it is a different shop, set TEMPORAL_NAMESPACE to a separate "+
			"namespace for it. If the shop was renamed, run "+buildinfo.Program+
			" schedules --renamed, which keeps the old name in workflow IDs",
			c.Shop, p.From, p.Shop)}
	case p.AuditPrefix != nil && *p.AuditPrefix != c.Poll.AuditPrefix:
		return &IdentityError{fmt.Sprintf("AUDIT_PREFIX is %q, but %s has %q: an order that is taken in again would get "+
			"new cards%s", c.Poll.AuditPrefix, p.From, *p.AuditPrefix, changeIdentity)}
	case p.Settled && p.IssuerDedupesStated && !p.IssuerDedupes && c.DedupesStated && c.Dedupes:
		return &IdentityError{fmt.Sprintf("ISSUER_DEDUPES is true, but %s has false: requests for cards would be "+
			"repeated, and the issuer may issue those cards twice%s", p.From, changeIdentity)}
	}
	return nil
}

// CheckIdentity returns an error if the configuration belongs to another installation than the namespace. It asks
// Shopify for the shop's ID only if the ID decides. If Shopify cannot be asked, that is not an error; neither is a
// schedule that cannot be decrypted, because no worker can read it then.
func (o *Settings) CheckIdentity(ctx context.Context, shopID func(context.Context) string) (*Pin, error) {
	pin, err := o.Pinned(ctx)
	if err != nil || pin == nil {
		return nil, IgnoreUnreadable(err)
	}
	id := ""
	if pin.ShopID != "" {
		id = shopID(ctx)
	}
	return pin, pin.Refuses(o.configured, id)
}

// IgnoreUnreadable returns nil for a [*codec.UnreadableError], and any other error unchanged.
func IgnoreUnreadable(err error) error {
	if _, locked := errors.AsType[*codec.UnreadableError](err); locked {
		return nil
	}
	return err
}

// ShopKey returns the shop as it appears in workflow IDs.
func (o *Settings) ShopKey(ctx context.Context) string {
	if pin, err := o.Pinned(ctx); err == nil && pin != nil {
		return pin.Shop
	}
	return o.configured.Shop
}

// Ensure holds the options of EnsureSchedules for changes that must not happen unasked.
type Ensure struct {
	// ShopID is Shopify's ID of the shop; empty if Shopify could not be asked.
	ShopID string
	// DryRun reports the changes without making them.
	DryRun bool
	// Yes allows changes that lose something: a different CREATED_AT_MIN, and the removal of the digest.
	Yes bool
	// Renamed keeps the shop's former name, under which its orders are known, if Shopify's ID of the shop is not
	// settled yet.
	Renamed bool
	// ChangeIdentity lets the configuration override the settled identity where they differ.
	ChangeIdentity bool
}

// UnreadableIsReplaced reports whether err is due to a schedule that cannot be decrypted and is to be replaced.
func (e Ensure) UnreadableIsReplaced(err error) bool { return e.Yes && IgnoreUnreadable(err) == nil }

// Identity returns the identity for the poll's schedule, or an error that says why the configuration does not belong to
// this installation.
func (o *Settings) Identity(pin *Pin, e Ensure) (*workflows.Identity, error) {
	stated := o.configured.DedupesStated
	id := workflows.Identity{
		ShopID: e.ShopID, Shop: o.configured.Shop, IssuerDedupes: o.configured.Dedupes, IssuerDedupesStated: stated,
	}
	if !stated && o.configured.LaterOnly {
		id.IssuerDedupes = false // Should the shop get an issuer that issues at once, nobody has stated this of it.
	}
	if pin == nil && !stated && !o.configured.LaterOnly {
		return nil, &IdentityError{"ISSUER_DEDUPES is not set, and this is a new installation. Set it to true if the " +
			"issuer has confirmed in writing that it never issues a second card for a repeated audit number. Otherwise set " +
			"it to false: each card is then requested at most once, and an operator settles each unknown outcome"}
	}
	if pin == nil || e.ChangeIdentity {
		return &id, nil
	}
	if e.Renamed && pin.ShopID == "" {
		pin.ShopID = e.ShopID
	}
	if pin.ShopID == "" && pin.Shop == o.configured.Shop {
		pin.ShopID = e.ShopID
	}
	if e.Renamed && e.ShopID == "" {
		return nil, &IdentityError{"--renamed needs Shopify's ID of the shop, but the request to Shopify failed"}
	}
	if err := pin.Refuses(o.configured, e.ShopID); err != nil {
		return nil, err
	}
	id.ShopID, id.Shop = pin.ShopID, pin.Shop
	if !stated {
		id.IssuerDedupes, id.IssuerDedupesStated = pin.IssuerDedupes, pin.IssuerDedupesStated
	}
	return &id, nil
}
