package messages

import (
	"encoding/json"

	"github.com/giftbridge/giftbridge/internal/retail"
)

// retailItem is the only category of notices that the documentation shows.
const retailItem = "retail_item"

// NoticeFields are what a notice is built of.
type NoticeFields struct {
	// ID is the number by which customers asked to be told.
	ID, Name      string
	URL, ImageURL string
	// Price is zero, without a currency, if it is not sent.
	Price retail.Amount
	// Description may be empty.
	Description string
	// Attributes have no gender.
	Attributes Attributes
}

// Notice says that a product can be bought again. The zero value is no notice.
type Notice struct{ f NoticeFields }

// NewNotice checks the fields. The error is a [*FieldError].
func NewNotice(f NoticeFields) (Notice, error) {
	if err := first(
		required("notification_id", f.ID), required("name", f.Name), webURL("url", f.URL), webURL("thumb_url", f.ImageURL),
		f.Attributes.check(),
	); err != nil {
		return Notice{}, err
	}
	if f.Attributes.Gender != "" {
		return Notice{}, faulty("metadata.gender", "is not a field of a notice")
	}
	if f.Price != (retail.Amount{}) {
		if err := sum("price", f.Price, f.Price.Currency); err != nil {
			return Notice{}, err
		}
	}
	return Notice{f}, nil
}

type noticeWire struct {
	Name           string      `json:"name"`
	NotificationID string      `json:"notification_id"`
	URL            string      `json:"url"`
	ThumbURL       string      `json:"thumb_url"`
	Category       string      `json:"category"`
	Currency       string      `json:"currency,omitempty"`
	Price          string      `json:"price,omitempty"`
	Desc           string      `json:"desc,omitempty"`
	Metadata       *Attributes `json:"metadata,omitempty"`
}

// MarshalJSON returns the structure in the service's words. It fails for the zero value.
func (n Notice) MarshalJSON() ([]byte, error) {
	f := n.f
	if f.ID == "" {
		return nil, errUnbuilt
	}
	w := noticeWire{
		Name: f.Name, NotificationID: f.ID, URL: f.URL, ThumbURL: f.ImageURL, Category: retailItem, Desc: f.Description,
		Metadata: f.Attributes.wire(),
	}
	if f.Price != (retail.Amount{}) {
		w.Currency, w.Price = f.Price.Currency, f.Price.String()
	}
	return json.Marshal(w)
}

// ParseNotice reads the structure, with the checks of [NewNotice]. Fields that giftbridge does not send are left out.
func ParseNotice(data []byte) (Notice, error) {
	var w noticeWire
	if err := decode(data, &w); err != nil {
		return Notice{}, err
	}
	if w.Category != retailItem {
		return Notice{}, faulty("category", "is not retail_item")
	}
	f := NoticeFields{
		ID: w.NotificationID, Name: w.Name, URL: w.URL, ImageURL: w.ThumbURL, Description: w.Desc, Attributes: fromWire(w.Metadata),
	}
	if w.Price != "" {
		var err error
		if f.Price, err = parseAmount("price", w.Price, w.Currency); err != nil {
			return Notice{}, err
		}
	}
	return NewNotice(f)
}
