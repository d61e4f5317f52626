package settings

import (
	"context"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/workflows"
)

// Settings reads the settings of one installation. It also knows the configuration of the calling process.
type Settings struct {
	*executions.Reader
	configured Configured
}

// Configured is the configuration of the calling process, as far as it decides about an installation.
type Configured struct {
	// Shop is the shop's host.
	Shop string
	// B2B reports whether the shop has companies.
	B2B bool
	// MatchBy lists the attributes by which merchants are matched; empty if none are configured.
	MatchBy []string
	// Dedupes and DedupesStated are ISSUER_DEDUPES, and whether it is set.
	Dedupes, DedupesStated bool
	// LaterOnly reports whether all cards are made later by their issuers: nothing then depends on ISSUER_DEDUPES.
	LaterOnly bool
	// PollEvery and SweepEvery are the intervals of polls and sweeps.
	PollEvery, SweepEvery time.Duration
	// Digest is when digests are made, and what they do. Mail reports whether they can be sent.
	Digest config.Digest
	Mail   bool
	// Messages reports whether customers get messages.
	Messages bool
	// CancelledOrders is what becomes of cards whose order was cancelled or refunded; see [workflows.SweepOrdersInput].
	CancelledOrders string
	// ReceiverURL is the address at which the shop's webhooks arrive, if giftbridge keeps the subscriptions; empty if it
	// keeps none.
	ReceiverURL string
	// Poll is the input of polls, without what the installation settles.
	Poll workflows.PollOrdersInput
}

// ConfiguredBy returns the part of a configuration that decides about an installation.
func ConfiguredBy(c config.Config) Configured {
	url := c.Receiver.URL
	if c.Shopify.Webhooks != config.WebhooksByAPI {
		url = ""
	}
	return Configured{
		Shop: c.Shopify.Shop, B2B: c.Shopify.B2B, MatchBy: c.Orders.MatchBy,
		Dedupes: c.Issue.Dedupes, DedupesStated: c.Issue.DedupesStated, LaterOnly: !c.IssuesAtOnce(),
		PollEvery: c.Poll.Interval, SweepEvery: c.Poll.SweepInterval,
		Digest: c.Digest, Mail: c.SMTP.Enabled(), Messages: c.Sonar.On(), CancelledOrders: c.Orders.CancelledOrders, ReceiverURL: url,
		Poll: pollInput(c),
	}
}

// New returns the settings of the reader's namespace.
func New(r *executions.Reader, c Configured) *Settings { return &Settings{Reader: r, configured: c} }

// Configured returns the configuration of the calling process.
func (o *Settings) Configured() Configured { return o.configured }

// ScheduledPollInput returns the input of the poll's schedule, so that a poll by hand follows the same rules, whatever
// the environment of the calling shell says. If there is no schedule yet, the configuration applies.
func (o *Settings) ScheduledPollInput(ctx context.Context) (workflows.PollOrdersInput, error) {
	var in workflows.PollOrdersInput
	if err := o.CanRead(ctx); err != nil {
		return in, err
	}
	scheduled, err := o.ScheduledInput(ctx)
	if err != nil {
		return in, err
	}
	if scheduled == nil {
		return o.PollInput(), nil
	}
	return *scheduled, nil
}

// MatchBy returns the attributes by which merchants are matched; nil means every attribute. An installation keeps its
// original choice until MATCH_BY changes it.
func (o *Settings) MatchBy(have *workflows.PollOrdersInput, pin *Pin) []string {
	switch {
	case len(o.configured.MatchBy) == len(config.MatchableBy):
		return nil
	case len(o.configured.MatchBy) > 0:
		return o.configured.MatchBy
	case have != nil:
		return have.MatchBy
	case pin == nil && o.configured.B2B:
		return []string{accounts.ByExternalID, accounts.ByCompany}
	}
	return nil
}

// PollInput returns the poll's input according to the configuration of the process.
func (o *Settings) PollInput() workflows.PollOrdersInput { return o.configured.Poll }

func pollInput(c config.Config) workflows.PollOrdersInput {
	in := workflows.PollOrdersInput{
		SKUs:         c.SKUs(),
		Companions:   c.Orders.CompanionSKUs,
		CreatedAtMin: c.Orders.CreatedAtMin.UTC(),
		MaxOrderAge:  workflows.Duration(c.Orders.MaxOrderAge),
		Overlap:      workflows.Duration(c.Poll.Overlap),
		SettleDelay:  workflows.Duration(c.Poll.SettleDelay),
		PageSize:     c.Poll.PageSize,
		IncludeTest:  c.Orders.IncludeTestOrders,

		HoldUnderpaid: c.Orders.Underpaid == config.Hold,
		HoldRisky:     c.Orders.Risk == config.Hold,
		IssueAfter:    workflows.Duration(c.Issue.After),

		AuditPrefix: c.Issue.AuditPrefix,
		RetryBudget: workflows.Duration(c.Issue.RetryBudget),

		AdditionalContent: c.Issue.AdditionalContent,
	}
	for _, item := range c.DeferredItems() {
		if in.Deferred == nil {
			in.Deferred = map[string]workflows.DeferredItem{}
		}
		in.Deferred[item.SKU] = workflows.DeferredItem{Issuer: item.Issuer, Item: item.Code, Deliver: true}
	}
	in.Webhooks = c.Webhooks()
	if c.Shopify.WriteBack != config.NoWriteBack {
		in.WriteBack = c.Shopify.WriteBack
	}
	if c.MaxIssueRate() > 0 {
		in.IssueTaskQueue = workflows.IssueTaskQueue
	}
	return in
}

// InputOf returns the workflow input and the action of a giftbridge schedule, or nil if the schedule is not
// giftbridge's.
func InputOf(s client.Schedule) (*commonpb.Payload, *client.ScheduleWorkflowAction) {
	action, ok := s.Action.(*client.ScheduleWorkflowAction)
	if !ok || len(action.Args) != 1 || s.Spec == nil || s.Policy == nil {
		return nil, nil
	}
	input, _ := action.Args[0].(*commonpb.Payload)
	return input, action
}
