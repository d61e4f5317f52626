package orders

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
)

func listed(t *testing.T) (time.Time, []executions.Order) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, berlin)
	return now, []executions.Order{
		{
			Name: "#1007", ID: "5000000000007", Shop: "example.myshopify.com", State: executions.Failed, SKUs: "GIFT-50",
			StartedAt: now.Add(-26 * time.Hour).UTC(), ClosedAt: now.Add(-3 * time.Minute).UTC(), Cards: 2, Amount: "100.00",
			Currency: "USD", Failure: &executions.Failure{
				Kind: "MerchantUnknown", Message: "=order #1007, looking up its merchant: " + strings.Repeat("customer ", 20),
			},
		},
		{
			Name: "#1008", ID: "5000000000008", Shop: "example.myshopify.com", State: executions.Left,
			StartedAt: now.Add(-time.Minute).UTC(), Reason: giftcard.MixedOrder,
		},
	}
}

// On a terminal each order is a line, however long its reason is. In a file nothing is left out.
func TestPrintOrders(t *testing.T) {
	t.Parallel()
	now, list := listed(t)
	var out bytes.Buffer
	require.NoError(t, printOrders(&out, list, now, 100))
	require.Equal(t, `ORDER  STATE   KIND             CARDS  VALUE       STARTED  CLOSED  REASON
#1007  failed  MerchantUnknown  2      100.00 USD  26h ago  3m ago  =order #1007, looking up its me…
#1008  left    mixed                               1m ago           other items were ordered with i…
`, out.String())
	for _, width := range []int{40, 60, 80, 140, 250} {
		out.Reset()
		require.NoError(t, printOrders(&out, list, now, width))
		for line := range strings.Lines(out.String()) {
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), max(width, 62), line)
		}
	}
	out.Reset()
	require.NoError(t, printOrders(&out, list, now, 0))
	require.Contains(t, out.String(), "2026-07-09T10:00:00+02:00  2026-07-10T11:57:00+02:00  5000000000007  GIFT-50")
	require.Contains(t, out.String(), list[0].Failure.Message[:100])
}

// A spreadsheet reads back what is there, and runs none of it.
func TestOrdersAsCSV(t *testing.T) {
	t.Parallel()
	now, list := listed(t)
	var out bytes.Buffer
	require.NoError(t, writeCSV(&out, list, now.Location()))
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 3)
	row := map[string]string{}
	for i, name := range rows[0] {
		row[name] = rows[1][i]
	}
	require.Equal(t, "'=order", row["reason"][:7])
	delete(row, "reason")
	require.Equal(t, map[string]string{
		"order": "#1007", "state": "failed", "kind": "MerchantUnknown", "cards": "2", "amount": "100.00", "currency": "USD",
		"started": "2026-07-09 10:00:00", "closed": "2026-07-10 11:57:00", "shopify_id": "gid://shopify/Order/5000000000007", "skus": "GIFT-50",
		"link": "https://example.myshopify.com/admin/orders/5000000000007",
	}, row)
}

func TestListFilter(t *testing.T) {
	t.Parallel()
	now, _ := listed(t)
	day := func(d int) time.Time { return time.Date(2026, 7, d, 0, 0, 0, 0, now.Location()) }
	for name, tt := range map[string]struct {
		flags listFlags
		want  orders.OrderFilter
		err   string
	}{
		"all":      {},
		"days":     {flags: listFlags{since: "2026-07-01", until: "2026-07-02"}, want: orders.OrderFilter{Since: day(1), Until: day(2)}},
		"days ago": {flags: listFlags{since: "7d"}, want: orders.OrderFilter{Since: now.AddDate(0, 0, -7)}},
		"a kind": {
			flags: listFlags{kind: "merchantunknown", limit: 3},
			want:  orders.OrderFilter{State: executions.Failed, Kind: "MerchantUnknown", Limit: 3},
		},
		"the wrong way": {flags: listFlags{since: "1d", until: "2d"}, err: "is not before --until"},
		"no end":        {flags: listFlags{until: "soon"}, err: `--until "soon" is neither a time`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.flags.filter(now)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}
