package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "docs", "configuration.md")
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(config.Markdown()), 0o644))
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, config.Markdown(), string(got), "run go generate ./internal/config")
}

func TestReferenceListsEveryVariable(t *testing.T) {
	t.Parallel()
	var rows int
	for line := range strings.Lines(config.Markdown()) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(strings.ReplaceAll(strings.TrimSpace(line), `\|`, "/"), "|"), "|")
		require.Len(t, cells, 4, line)
		for _, cell := range cells {
			require.NotEmpty(t, strings.TrimSpace(cell), line)
		}
		require.True(t, strings.HasSuffix(strings.TrimSpace(cells[3]), "."), line)
	}
	require.Equal(t, 123, rows)
	require.Len(t, config.Config{}.Describe(), rows)
	require.NotContains(t, config.Markdown(), "## \n", "a section without a heading")
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := valid().Table()
	require.NotContains(t, table, "hush")
	for _, line := range []string{
		`SHOPIFY_SHOP\s+example.myshopify.com\s*`,
		`SHOPIFY_ACCESS_TOKEN\s+-\s*`,
		`SHOPIFY_CLIENT_SECRET\s+\[redacted\]\s*`,
		`POLL_INTERVAL\s+5m\s+\(default\)`,
		`MAX_ORDER_AGE\s+336h\s+\(default\)`,
		`CASHSTAR_MAX_RPS\s+0\s+\(default\)`,
		`PAYLOAD_KEYS\s+k:\[redacted\]\s*`,
		`CREATED_AT_MIN\s+2026-07-01T00:00:00Z\s*`,
	} {
		require.Regexp(t, `(?m)^`+line+`$`, table)
	}
}
