package reporting

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/told"
)

// maxUnsent bounds the messages of a report: each costs one call.
const maxUnsent = 100

// addUnsent adds the messages to customers that could not be sent, and that nobody has seen to. It costs one list if there are none.
func (r *reporter) addUnsent(ctx context.Context) error {
	failed, err := told.Failed(ctx, r.Reader, told.Filter{})
	if err != nil {
		return err
	}
	read, err := told.ReadAll(ctx, r.Reader, failed, maxUnsent)
	r.Unsent.Total = len(failed)
	for _, u := range read {
		r.Unsent.Messages = append(r.Unsent.Messages, digest.UnsentMessage{
			Name: u.Name, OrderID: u.Order, Variant: u.Variant, Product: u.Product, Key: u.Key, About: string(u.Kind),
			Kind: giftcard.Kind(u.Failure.Kind), Message: u.Failure.Message, At: u.FailedAt,
		})
	}
	return err
}
