package composing

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/messages/reaching"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Phones knows phone numbers.
type Phones = reaching.Phones

// Quiet are the hours of a day in which no message is sent.
type Quiet = reaching.Quiet

// Texts words messages.
type Texts interface {
	// Render returns a text that is never empty and fits into a text message. locale is a language such as "en" or "fr-CA". The
	// first message to a customer says how to get no more of them.
	Render(name texts.Name, locale string, v texts.View, first bool) string
}

// NotifyBy says by which number customers asked to be told about a product.
type NotifyBy = mapping.NotifyBy

// Options are the names by which the shop calls the options of its variants, in any case.
type Options = mapping.Options

// The ways to name a product.
const (
	NotifyByProduct = mapping.NotifyByProduct
	NotifyByVariant = mapping.NotifyByVariant
)

// Rules are how a shop talks to its customers.
type Rules struct {
	// Kinds are the messages that the shop sends.
	Kinds []messages.Kind
	// ShopName begins every text, and ShopURL is the address of the shop.
	ShopName, ShopURL string
	// Country is the ISO 3166 alpha-2 code of the country of numbers without a country code, where an order has no address.
	Country string
	// AnyPhone allows messages to a number that is only in the customer's account.
	AnyPhone bool
	// StrictAddress makes a text of what the address is too foreign for; otherwise the parts that do not fit are left empty.
	StrictAddress bool
	Options       Options
	// ShipFrom is where parcels come from if the shop does not say; nil if that is not known. It needs no street.
	ShipFrom *retail.Address
	// NotifyBy says by which number customers asked to be told about a product.
	NotifyBy NotifyBy
	// MinInStock is how many have to be in stock; less than 1 is 1.
	MinInStock int
	// Image is shown for products without an image; empty if there is none.
	Image string
	Quiet Quiet
	// Zone is the time zone of customers whose number has none; nil is UTC.
	Zone   *time.Location
	Phones Phones
	Texts  Texts
}

func (r Rules) mapping() mapping.Rules {
	return mapping.Rules{
		ShopURL: r.ShopURL, StrictAddress: r.StrictAddress, Options: r.Options, ShipFrom: r.ShipFrom, NotifyBy: r.NotifyBy, Image: r.Image,
	}
}

func (r Rules) reaching() reaching.Rules {
	return reaching.Rules{Country: r.Country, AnyPhone: r.AnyPhone, Quiet: r.Quiet, Zone: r.Zone, Phones: r.Phones}
}

// OpenAt returns the first time, not before now, at which a message of a kind may be sent to a number: quiet hours are by the
// clocks of all places where the number may be. Without a number it is by the clock of [Rules.Zone].
func (r Rules) OpenAt(kind messages.Kind, to string, now time.Time) time.Time {
	return r.reaching().OpenAt(kind, to, now)
}
