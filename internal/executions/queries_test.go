package executions_test

import (
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
)

// A link of a list opens that query, and the runbook has the same queries.
func TestQueries(t *testing.T) {
	t.Parallel()
	runbook, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	o := executions.New(nil, "gift cards/1", new(codec.Codec), "https://ui.example.com/temporal/")
	for _, q := range executions.Queries() {
		require.Contains(t, string(runbook), "| "+q.Name+" | `"+q.Query+"` |\n")
		link, err := url.Parse(o.QueryLink(q.Query))
		require.NoError(t, err)
		require.Equal(t, q.Query, link.Query().Get("query"))
		require.Equal(t, "/temporal/namespaces/gift%20cards%2F1/workflows", link.EscapedPath())
	}
}
