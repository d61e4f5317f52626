package index_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/index"
)

var start = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

func TestOrdersAreSortedByTheirKey(t *testing.T) {
	t.Parallel()
	x := index.New(func() time.Time { return start }, time.UTC, 0)
	x.Put(index.Entry{ID: 1, Name: "#3", Customer: "cy", CreatedAt: start.Add(1), UpdatedAt: start.Add(9)})
	x.Put(index.Entry{ID: 2, Name: "#1", Customer: "Bo", CreatedAt: start.Add(3), UpdatedAt: start.Add(8)})
	x.Put(index.Entry{ID: 3, Name: "#2", Customer: "al", CreatedAt: start.Add(2), UpdatedAt: start.Add(10)})
	for key, want := range map[string][]int64{
		"UPDATED_AT": {2, 1, 3}, "CREATED_AT": {1, 3, 2}, "PROCESSED_AT": {1, 3, 2}, "ORDER_NUMBER": {2, 3, 1},
		"CUSTOMER_NAME": {3, 2, 1}, "ID": {1, 2, 3}, "TOTAL_PRICE": {1, 2, 3},
	} {
		for _, reverse := range []bool{false, true} {
			var got []int64
			q := index.Query{SortKey: key, Reverse: reverse, First: 1}
			for {
				page, err := x.Page(q)
				require.NoError(t, err)
				got = append(got, page.IDs...)
				if !page.More {
					break
				}
				q.After = &page.Cursor
			}
			expected := want
			if reverse {
				expected = []int64{want[2], want[1], want[0]}
			}
			require.Equal(t, expected, got, "%s, reverse: %t", key, reverse)
		}
	}
}

func TestASearchMatchesAnEntry(t *testing.T) {
	t.Parallel()
	e := index.Entry{
		ID: 7, Name: "#7", Email: "ann@example.com", FinancialStatus: "PAID", Closed: true, CreatedAt: start,
		Customer: "Ann Li", People: []string{"Ann", "Li"}, SKUs: []string{"GIFT-500", ""},
	}
	for query, want := range map[string]bool{
		"": true, "sku:GIFT-50": true, "sku:GIFT-501": false, "li": true, "ann*": true, "lee": false, "7": true,
		"status:closed": true, "status:open": false, "-status:cancelled": true, "financial_status:paid id:>=7": true,
		"created_at:>'2026-11-21T20:00:00Z'": false, "created_at:2026-11-21": true, "colour:red": true,
	} {
		require.Equal(t, want, index.ParseSearch(query, time.UTC).Match(e), query)
	}
	require.Equal(t, "invalid_field", index.ParseSearch("colour:red", time.UTC).Warnings[0].Code)
}

func TestACursorStandsForAnItemOfItsList(t *testing.T) {
	t.Parallel()
	mark := index.ListMark("lines", "1")
	id, err := index.ItemAt(index.Cursor(42, mark), mark)
	require.NoError(t, err)
	require.Equal(t, int64(42), id)
	_, err = index.ItemAt(index.Cursor(42, mark), index.ListMark("lines", "2"))
	require.ErrorIs(t, err, index.ErrCursor)
	require.NotEqual(t, index.ListMark("a", "bc"), index.ListMark("ab", "c"))
}

func TestAWriteDoesNotOvertakeAnother(t *testing.T) {
	t.Parallel()
	now := start
	x := index.New(func() time.Time { return now }, time.UTC, time.Minute)
	names := func(search string) (found []string) {
		page, err := x.Page(index.Query{Search: search, SortKey: "UPDATED_AT", First: 9})
		require.NoError(t, err)
		for _, id := range page.IDs {
			found = append(found, strconv.FormatInt(id, 10))
		}
		return found
	}
	x.Put(index.Entry{ID: 1, Test: true, UpdatedAt: now})
	x.SetLag(0)
	x.Put(index.Entry{ID: 1, Test: false, UpdatedAt: now})
	x.Put(index.Entry{ID: 2, Test: false, UpdatedAt: now})
	require.Equal(t, []string{"1", "2"}, names(""), "a list without a search does not lag")
	require.Equal(t, []string{"2"}, names("id:>0"))
	now = now.Add(time.Minute)
	require.Equal(t, []string{"1", "2"}, names("test:false"))
	require.Empty(t, names("test:true"))
}
