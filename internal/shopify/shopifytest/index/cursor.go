package index

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

// position returns the position of an entry. Shopify's sort keys other than dates, id and name are not simulated: they
// sort by id.
func (s sorting) position(e *entry) position {
	switch s.key {
	case sortUpdatedAt:
		return position{time: e.UpdatedAt, id: e.ID}
	case "CREATED_AT", "PROCESSED_AT":
		return position{time: e.CreatedAt, id: e.ID}
	case "ORDER_NUMBER":
		return position{text: e.Name, id: e.ID}
	case "CUSTOMER_NAME":
		return position{text: strings.ToLower(e.Customer), id: e.ID}
	}
	return position{id: e.ID}
}

func (s sorting) compare(e *entry, b position) int {
	a := s.position(e)
	return cmp.Or(a.time.Compare(b.time), cmp.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
}

func (s sorting) compareEntries(a, b *entry) int { return s.compare(a, s.position(b)) }

// cursor is the content of a Shopify cursor, plus a mark that identifies the list that it belongs to. For a cursor of
// another search, Shopify returns nonsense; the simulator refuses it.
type cursor struct {
	LastID    int64  `json:"last_id"`
	LastValue string `json:"last_value"`
	List      string `json:"list"`
}

// ErrCursor is the error for a cursor that does not belong to the list.
var ErrCursor = errors.New("Invalid cursor for current pagination sort.") //nolint:revive // Shopify's words

// ListMark returns a mark for a list, computed from everything that the list depends on.
func ListMark(parts ...string) string {
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
		return position{}, ErrCursor
	}
	var c cursor
	if json.Unmarshal(b, &c) != nil || c.List != mark {
		return position{}, ErrCursor
	}
	p := position{id: c.LastID}
	if t, err := time.Parse(time.RFC3339Nano, c.LastValue); err == nil {
		p.time = t
	} else {
		p.text = c.LastValue
	}
	return p, nil
}

// Cursor returns the cursor of an item in a list that is sorted by id. The mark is that of the list.
func Cursor(id int64, mark string) string { return encodeCursor(position{id: id}, mark) }

// ItemAt returns the id of the item that a cursor of the list stands for.
func ItemAt(cursor, mark string) (int64, error) {
	p, err := decodeCursor(cursor, mark)
	return p.id, err
}
