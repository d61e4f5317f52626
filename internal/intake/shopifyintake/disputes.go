package shopifyintake

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/shopify/disputes"
)

// ListDisputed implements [intake.Disputes].
func (s *Source) ListDisputed(
	ctx context.Context, since time.Time, skus []string, cursor string,
) (page []intake.Disputed, next string, err error) {
	found, err := disputes.New(s.client.API()).List(ctx, since, skus, cursor)
	if err != nil {
		return nil, "", kinds.WithKind(err)
	}
	return disputed(found.Orders), found.NextCursor, nil
}

// ReadDisputes implements [intake.Disputes].
func (s *Source) ReadDisputes(ctx context.Context, numbers []string) ([]intake.Disputed, error) {
	var out []intake.Disputed
	for some := range slices.Chunk(numbers, disputes.AtOnce) {
		found, err := disputes.New(s.client.API()).Get(ctx, some)
		if err != nil {
			return nil, kinds.WithKind(err)
		}
		out = append(out, disputed(found)...)
	}
	return out, nil
}

// maxWord is the length of the longest state of a dispute, in characters.
const maxWord = 40

func disputed(orders []disputes.Order) []intake.Disputed {
	out := make([]intake.Disputed, len(orders))
	for i, o := range orders {
		out[i].Number = o.LegacyID
		for _, d := range o.Disputes {
			out[i].Disputes = append(out[i].Disputes, intake.Dispute{
				ID: d.ID, Kind: strings.ToLower(printable.Line(d.InitiatedAs, maxWord)),
				Status: strings.ToLower(printable.Line(d.Status, maxWord)),
			})
		}
	}
	return out
}
