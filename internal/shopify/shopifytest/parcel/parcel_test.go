package parcel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/parcel"
)

// A parcel that is new is not a changed one, and a parcel that stayed as it was is neither.
func TestChanged(t *testing.T) {
	t.Parallel()
	same := parcel.Fulfillment{ID: 1, Trackings: []parcel.Tracking{{Number: "1Z"}}}
	moved := parcel.Fulfillment{ID: 2}
	before := []parcel.Fulfillment{same, moved}
	moved.Trackings = []parcel.Tracking{{Number: "2Z"}}
	added, changed := parcel.Changed(before, []parcel.Fulfillment{same.Clone(), moved, {ID: 3}})
	require.Equal(t, []parcel.Fulfillment{{ID: 3}}, added)
	require.Equal(t, []parcel.Fulfillment{moved}, changed)
	added, changed = parcel.Changed(nil, before)
	require.Equal(t, before, added)
	require.Empty(t, changed)
}
