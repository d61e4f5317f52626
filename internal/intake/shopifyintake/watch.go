package shopifyintake

import (
	"context"
	"errors"
	"strings"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

// unsold are the states of a product that nobody can buy
// (shopify.dev/docs/api/admin-graphql/latest/enums/ProductStatus).
var unsold = map[string]string{"ARCHIVED": "archived", "DRAFT": "a draft"}

// Variants implements [intake.Watched].
func (s *Source) Variants(ctx context.Context, sku string) (skus.Variants, error) {
	found, err := s.client.FindVariants(ctx, sku)
	if err != nil {
		return skus.Variants{}, kinds.WithKind(err)
	}
	out := skus.Variants{More: len(found) >= shopify.MaxVariants}
	for _, v := range found {
		out.List = append(out.List, skus.Variant{
			SKU: v.SKU, Product: v.Product, Price: v.Price, Native: v.IsGiftCard, Unsold: unsold[v.Status],
		})
	}
	return out, nil
}

// Subscriptions implements [intake.Watched].
func (s *Source) Subscriptions(ctx context.Context, url string) (intake.Subscriptions, error) {
	_, w, have, err := s.subscribed(ctx, url)
	if err != nil {
		return intake.Subscriptions{}, err
	}
	var out intake.Subscriptions
	for _, h := range have {
		if w.Own(h) {
			out.Own++
		}
	}
	for _, step := range subscriptions.Plan(have, w) {
		why := step.Topic + ": " + strings.Join(step.Why, "; ")
		switch step.Do {
		case subscriptions.Leave:
			out.Right++
		case subscriptions.Create:
			out.Wrong = append(out.Wrong, step.Topic+": missing")
		case subscriptions.Update:
			out.Wrong = append(out.Wrong, why)
		case subscriptions.Skip, subscriptions.Conflict:
			list := &out.Problems
			if step.Optional {
				list = &out.Unused
			}
			*list = append(*list, why)
		case subscriptions.Delete: // A newer release may have made it. People delete what is too much.
		}
	}
	return out, nil
}

// Repair implements [intake.Watched].
func (s *Source) Repair(ctx context.Context, url string) (refused []string, err error) {
	webhooks, w, have, err := s.subscribed(ctx, url)
	if err != nil {
		return nil, err
	}
	for _, step := range subscriptions.Plan(have, w) {
		if step.Do != subscriptions.Create && step.Do != subscriptions.Update {
			continue
		}
		err := kinds.WithKind(webhooks.Carry(ctx, step))
		failure, failed := errors.AsType[*giftcard.Error](err)
		switch {
		case err == nil:
		case failed && failure.Kind == giftcard.InvalidRequest: // It concerns this topic alone.
			refused = append(refused, step.Topic+": "+failure.Message)
		default:
			return nil, err
		}
	}
	return refused, nil
}

// subscribed returns what there is and what is wanted.
func (s *Source) subscribed(ctx context.Context, url string) (
	*subscriptions.Client, subscriptions.Wanting, []subscriptions.Subscription, error,
) {
	webhooks := s.client.Webhooks()
	w := subscriptions.Wanting{URL: url, Needs: s.needs, Named: webhooks.Named()}
	access, err := s.client.GetAccess(ctx)
	if err != nil {
		return nil, w, nil, kinds.WithKind(err)
	}
	w.Scopes = access.Scopes
	have, err := webhooks.List(ctx)
	return webhooks, w, have, kinds.WithKind(err)
}
