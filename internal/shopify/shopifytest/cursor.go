package shopifytest

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

const sortUpdatedAt = "UPDATED_AT"

// sorting is an OrderSortKeys with its direction.
type sorting struct {
	key     string
	reverse bool
}

// position is a place in a sorted list: the value of the sort key, and the id as a tie-breaker.
type position struct {
	time time.Time
	text string
	id   int64
}

// position returns the position of an order. Shopify's sort keys other than dates, id and name are not simulated: they
// sort by id.
func (s sorting) position(o *Order) position {
	switch s.key {
	case sortUpdatedAt:
		return position{time: o.UpdatedAt, id: o.ID}
	case "CREATED_AT", "PROCESSED_AT":
		return position{time: o.CreatedAt, id: o.ID}
	case "ORDER_NUMBER":
		return position{text: o.Name, id: o.ID}
	case "CUSTOMER_NAME":
		if o.Customer != nil {
			return position{text: strings.ToLower(o.Customer.displayName()), id: o.ID}
		}
	}
	return position{id: o.ID}
}

func (s sorting) compare(o *Order, b position) int {
	a := s.position(o)
	return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
}

func (s sorting) compareEntries(a, b *entry) int { return s.compare(a.order, s.position(b.order)) }

// cursor is the content of a Shopify cursor, plus a mark that identifies the list that it belongs to. For a cursor of
// another search, Shopify returns nonsense; the simulator refuses it.
type cursor struct {
	LastID    int64  `json:"last_id"`
	LastValue string `json:"last_value"`
	List      string `json:"list"`
}

var errCursor = errors.New("Invalid cursor for current pagination sort.") //nolint:revive // Shopify's words

// listMark returns a mark for a list, computed from everything that the list depends on.
func listMark(parts ...string) string {
	h := fnv.New64a()
	for _, p := range parts {
		h.Write([]byte(strconv.Quote(p)))
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func encodeCursor(p position, mark string) string {
	c := cursor{LastID: p.id, LastValue: p.text, List: mark}
	if !p.time.IsZero() {
		c.LastValue = p.time.UTC().Format(time.RFC3339Nano)
	}
	b, _ := json.Marshal(c) //nolint:errchkjson // plain fields
	return base64.StdEncoding.EncodeToString(b)
}

func decodeCursor(s, mark string) (position, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return position{}, errCursor
	}
	var c cursor
	if json.Unmarshal(b, &c) != nil || c.List != mark {
		return position{}, errCursor
	}
	p := position{id: c.LastID}
	if t, err := time.Parse(time.RFC3339Nano, c.LastValue); err == nil {
		p.time = t
	} else {
		p.text = c.LastValue
	}
	return p, nil
}
