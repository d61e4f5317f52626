package cashstar

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// Offer is what a merchant offers: its catalog, or the designs of its cards. Only the outermost field of these responses
// is published, so an Offer lists the values that the response holds, and gives them no meaning.
type Offer struct {
	// Fields are the values, in the order of the response.
	Fields []Field
	// Omitted is the number of further values: an Offer has at most [MaxFields].
	Omitted int
}

// Field is one value of an [Offer].
type Field struct {
	// Path are the names of the fields that lead to the value, joined by dots. The elements of a list count from 1:
	// "faceplate.2.name".
	Path string
	// Value is a text, number or boolean as text. Value and the names in Path are printable, on one line and at most
	// 300 bytes long, followed by an ellipsis if they were longer.
	Value string
}

// MaxFields is the maximum number of fields of an [Offer]: people read them.
const MaxFields = 500

// maxDepth limits how deeply the values of an [Offer] may be nested.
const maxDepth = 32

// Empty reports whether the response held no value at all: the merchant offers nothing.
func (o Offer) Empty() bool { return len(o.Fields) == 0 }

// Catalog returns the catalog of a merchant. Assumed: it lists what can be ordered for the merchant.
func (c *Client) Catalog(ctx context.Context, merchantCode string) (Offer, error) {
	return c.offer(ctx, opCatalog, merchantCode, "catalog", "catalog")
}

// Faceplates returns the card designs of a merchant.
func (c *Client) Faceplates(ctx context.Context, merchantCode string) (Offer, error) {
	return c.offer(ctx, opFaceplates, merchantCode, "faceplate", "faceplates")
}

func (c *Client) offer(ctx context.Context, op, merchantCode, resource, field string) (Offer, error) {
	merchant, err := segment("merchant code", merchantCode)
	if err != nil {
		return Offer{}, err
	}
	var answer map[string]json.RawMessage
	err = c.do(ctx, op, http.MethodGet, "merchant/"+merchant+"/"+resource+"/", nil, &answer, errorMessage)
	if err != nil {
		return Offer{}, err
	}
	raw, ok := answer[field]
	if !ok {
		said := errorAnswer{Error: answer["error"], Errors: answer["errors"]}
		return Offer{}, c.conceal(said.contradicts(op, "the answer holds no "+field, errorMessage))
	}
	var out Offer
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := out.read(decoder, "", 0); err != nil {
		return Offer{}, contradiction(op, err.Error())
	}
	return out, nil
}

// read adds the next value, which is at the given path. The decoder reads tokens, so the fields keep their order.
func (o *Offer) read(d *json.Decoder, path string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("the answer is nested more than %d levels deep", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch t := token.(type) {
	case json.Delim:
		for n := 1; d.More(); n++ {
			name := strconv.Itoa(n)
			if t == '{' {
				key, err := d.Token()
				if err != nil {
					return fmt.Errorf("read the answer: %w", err)
				}
				name = rest.Clip(fmt.Sprint(key))
			}
			if path != "" {
				name = path + "." + name
			}
			if err := o.read(d, name, depth+1); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil { // the closing delimiter
			return fmt.Errorf("read the answer: %w", err)
		}
	case nil:
	default:
		o.add(path, rest.Clip(fmt.Sprint(t)))
	}
	return nil
}

// add adds a value, unless it is an empty text, which says nothing.
func (o *Offer) add(path, value string) {
	switch {
	case value == "":
	case len(o.Fields) == MaxFields:
		o.Omitted++
	default:
		o.Fields = append(o.Fields, Field{path, value})
	}
}
