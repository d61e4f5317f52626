package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

// Each card is requested at most once unless the issuer recognises a repeated request.
func TestAtMostOnceIsSwitchedOn(t *testing.T) {
	t.Parallel()
	for _, dedupes := range []bool{true, false} {
		cfg := config.Config{Issue: config.Issue{Dedupes: dedupes}}
		activities := newTopics(WorkerOptions{Config: cfg}, services{}, nil, "shop")
		require.Equal(t, !dedupes, activities.giftCards.AtMostOnce)
	}
}
