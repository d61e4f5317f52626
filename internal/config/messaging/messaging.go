// Package messaging holds the sections of the configuration for the messages that customers get: the account at Sonar, which brings
// them to phones, and what is sent.
package messaging

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Sonar is the account at Sonar. Messages are sent if it has a token.
type Sonar struct {
	Token   env.Secret    `envconfig:"SONAR_TOKEN"`
	URL     string        `envconfig:"SONAR_URL" default:"https://www.sendsonar.com"`
	Timeout time.Duration `envconfig:"SONAR_TIMEOUT" default:"10s"`
	// Address is [Strict] or [Lenient], and NotifyBy is [ByProduct] or [ByVariant].
	Address  string `envconfig:"SONAR_ADDRESS" default:"strict"`
	NotifyBy string `envconfig:"SONAR_NOTIFY_BY" default:"product"`
}

// Messages are what customers are told.
type Messages struct {
	// Kinds are the messages that are sent.
	Kinds    env.List `envconfig:"MESSAGES" default:"receipt,shipment,update"`
	ShopName string   `envconfig:"MESSAGES_SHOP_NAME"`
	ShopURL  string   `envconfig:"MESSAGES_SHOP_URL"`
	Country  string   `envconfig:"MESSAGES_COUNTRY" default:"US"`
	// Phone is [OfOrder] or [AnyPhone], InDoubt is [Drop] or [Send], and QuietFor is [Marketing] or [All].
	Phone     string `envconfig:"MESSAGES_PHONE" default:"order"`
	InDoubt   string `envconfig:"MESSAGES_IN_DOUBT" default:"drop"`
	Quiet     Quiet  `envconfig:"MESSAGES_QUIET" default:"21:00-08:00"`
	QuietFor  string `envconfig:"MESSAGES_QUIET_FOR" default:"marketing"`
	TimeZone  string `envconfig:"MESSAGES_TIMEZONE" default:"UTC"`
	Templates string `envconfig:"MESSAGES_TEMPLATES"`
	// Language is that of texts to many customers, and of customers whose own has no texts.
	Language string   `envconfig:"MESSAGES_LANGUAGE" default:"en"`
	ShipFrom ShipFrom `envconfig:"MESSAGES_SHIP_FROM"`
	Options  Options  `envconfig:"MESSAGES_OPTIONS" default:"size=Size,color=Color|Colour,gender=Gender"`
	InStock  int      `envconfig:"MESSAGES_IN_STOCK_MIN" default:"1"`
	// Image is shown for products that have none.
	Image string `envconfig:"MESSAGES_IN_STOCK_IMAGE"`
}

// Values of variables.
const (
	Strict, Lenient      = "strict", "lenient"
	ByProduct, ByVariant = "product", "variant"
	OfOrder, AnyPhone    = "order", "any"
	Drop, Send           = "drop", "send"
	Marketing, All       = "marketing", "all"
)

// inStock is the kind of message about products, and kinds are all that can be sent.
const inStock = "in-stock"

var kinds = []string{"receipt", "shipment", "update", inStock}

const tokenVariable = "SONAR_TOKEN"

// Sections describe the variables.
var Sections = []env.Section{
	{
		Field: "Sonar", Heading: "Sonar", Prefixes: []string{"SONAR_"},
		Variables: map[string]env.Reference{
			tokenVariable: {
				Want: "the secret token of the account",
				About: "Secret token of the account at Sonar. With it, customers get messages about their orders, and " +
					"`MESSAGES_SHOP_NAME` and `MESSAGES_SHOP_URL` are required. Set it once every worker runs a release that knows it.",
			},
			"SONAR_URL":     {Want: env.WantBaseURL, About: "Address of Sonar's API."},
			"SONAR_TIMEOUT": {Want: "a duration from 1s to 12s", About: "Time-out of one request to Sonar."},
			"SONAR_ADDRESS": {
				Want: "strict or lenient",
				About: "What becomes of an address that has no state of two letters or no postal code of five digits: `strict` " +
					"sends a text alone, `lenient` leaves out the part.",
			},
			"SONAR_NOTIFY_BY": {
				Want: "product or variant",
				About: "Which number the shop's *Notify Me* link registers with Sonar. With `product`, customers are told of a product " +
					"once a day, whichever of its variants is in stock again, with its lowest price. Receivers need the same value as workers.",
			},
		},
	},
	{
		Field: "Messages", Heading: "Messages", Prefixes: []string{"MESSAGES", "MESSAGES_"},
		Variables: map[string]env.Reference{
			"MESSAGES": {
				Want:  "one or more of receipt, shipment, update, in-stock, separated by commas, without duplicates",
				About: "Messages that are sent, if `SONAR_TOKEN` is set. Receivers need the same value as workers.",
			},
			"MESSAGES_SHOP_NAME": {
				Want: "at most 40 visible characters",
				About: "Name of the shop, with which each text begins. A receiver takes in what messages need if it is set: it gets no " +
					"`SONAR_TOKEN`.",
			},
			"MESSAGES_SHOP_URL": {
				Want: "an address such as https://shop.example.com", About: "Address of the shop, for what has no page of its own.",
			},
			"MESSAGES_COUNTRY": {
				Want: wantCountry, About: "Country of phone numbers without a country code, where an order has no address.",
			},
			"MESSAGES_PHONE": {
				Want: "order or any",
				About: "Which numbers get messages about orders: `order` are those that were left with the order, `any` also the one " +
					"that is only in the customer's account.",
			},
			"MESSAGES_IN_DOUBT": {
				Want: "drop or send",
				About: "What becomes of a message of which it is not known whether Sonar has taken it: `drop` reports it, `send` sends " +
					"it again, so that a customer may get it twice.",
			},
			"MESSAGES_QUIET": {
				Want: "two times of day, such as 21:00-08:00; the same time twice for none", About: "Hours in which no message is sent.",
			},
			"MESSAGES_QUIET_FOR": {
				Want: "marketing or all", About: "What is held back in these hours: messages about products in stock, or all.",
			},
			"MESSAGES_TIMEZONE": {
				Want: "a time zone such as America/New_York", About: "Time zone of customers whose number does not tell theirs.",
			},
			"MESSAGES_TEMPLATES": {
				Want: "the path of a folder", About: "Folder of texts that replace those of giftbridge, by kind and language.",
			},
			"MESSAGES_LANGUAGE": {
				Want: "a language such as en or fr-ca for which there are texts",
				About: "Language of texts about products in stock, and of customers whose language has no texts. `en`, `de`, `fr` and " +
					"`es` are built in.",
			},
			"MESSAGES_SHIP_FROM": {
				Want:  "city;state;zip;country, such as Austin;TX;78701;US",
				About: "Where parcels come from, if the shop does not say.",
			},
			"MESSAGES_OPTIONS": {
				Want: "pairs such as size=Size,color=Color|Colour,gender=Gender", About: "Names of the products' options in the shop.",
			},
			"MESSAGES_IN_STOCK_MIN": {
				Want: "a number from 1 to 1000000", About: "How many of a product have to be in stock before customers are told.",
			},
			"MESSAGES_IN_STOCK_IMAGE": {
				Want: "an address of an image", About: "Image for products that have none: Sonar needs one.",
			},
		},
	},
}

const (
	wantCountry = "a country code of two capital letters, such as US"
	// maxTimeout keeps three requests within the time that one attempt of an activity may take.
	maxTimeout = 12 * time.Second
	maxName    = 40
	maxInStock = 1_000_000
)

var (
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})*$`)
)

// On reports whether messages are sent.
func (s Sonar) On() bool { return s.Token.IsSet() }

// ByVariant reports whether customers are told of each variant of a product, and not of the product as a whole.
func (s Sonar) ByVariant() bool { return s.NotifyBy == ByVariant }

// Check checks the values. plain are the hosts at which plain HTTP may be spoken.
func (s Sonar) Check(ps *env.Problems, plain env.List) {
	ps.Secret(tokenVariable, s.Token)
	ps.BaseURL("SONAR_URL", s.URL, plain)
	if s.Timeout < time.Second || s.Timeout > maxTimeout {
		ps.Bad("SONAR_TIMEOUT", s.Timeout.String())
	}
	oneOf(ps, "SONAR_ADDRESS", s.Address, Strict, Lenient)
	oneOf(ps, "SONAR_NOTIFY_BY", s.NotifyBy, ByProduct, ByVariant)
}

// Check checks the values.
func (m Messages) Check(ps *env.Problems) {
	for i, kind := range m.Kinds {
		if !slices.Contains(kinds, kind) || slices.Contains(m.Kinds[:i], kind) {
			ps.Bad("MESSAGES", m.Kinds.String())
			break
		}
	}
	if len([]rune(m.ShopName)) > maxName || strings.ContainsFunc(m.ShopName, env.Hidden) {
		ps.Bad("MESSAGES_SHOP_NAME", m.ShopName)
	}
	ps.URL("MESSAGES_SHOP_URL", m.ShopURL)
	if !countryForm.MatchString(m.Country) {
		ps.Bad("MESSAGES_COUNTRY", m.Country)
	}
	oneOf(ps, "MESSAGES_PHONE", m.Phone, OfOrder, AnyPhone)
	oneOf(ps, "MESSAGES_IN_DOUBT", m.InDoubt, Drop, Send)
	oneOf(ps, "MESSAGES_QUIET_FOR", m.QuietFor, Marketing, All)
	if _, err := m.Location(); err != nil {
		ps.Bad("MESSAGES_TIMEZONE", m.TimeZone)
	}
	if !languageForm.MatchString(m.Language) {
		ps.Bad("MESSAGES_LANGUAGE", m.Language)
	}
	if m.InStock < 1 || m.InStock > maxInStock {
		ps.Add("MESSAGES_IN_STOCK_MIN", "%d is out of range: need %s", m.InStock, ps.Want("MESSAGES_IN_STOCK_MIN"))
	}
	ps.URL("MESSAGES_IN_STOCK_IMAGE", m.Image)
}

// AboutOrders reports whether customers are told of their orders and parcels.
func (m Messages) AboutOrders() bool {
	return slices.ContainsFunc(m.Kinds, func(kind string) bool { return kind != inStock })
}

// AboutStock reports whether customers are told of products that are sold again.
func (m Messages) AboutStock() bool { return slices.Contains(m.Kinds, inStock) }

// Location returns the time zone of customers whose number does not tell theirs.
func (m Messages) Location() (*time.Location, error) { return time.LoadLocation(m.TimeZone) }

// Needs requires what messages cannot be sent without, if the account is used.
func (m Messages) Needs(ps *env.Problems, s Sonar, encrypted bool) {
	if !s.On() {
		return
	}
	for _, v := range []struct {
		name string
		set  bool
	}{
		{"MESSAGES", len(m.Kinds) > 0},
		{"MESSAGES_SHOP_NAME", strings.TrimSpace(m.ShopName) != ""},
		{"MESSAGES_SHOP_URL", m.ShopURL != ""},
	} {
		if !v.set {
			ps.Add(v.name, "is not set: need %s, because %s is set", ps.Want(v.name), tokenVariable)
		}
	}
	if !encrypted {
		ps.Add("PAYLOAD_ENCRYPTION", "is off: need it on, because %s is set: messages hold phone numbers, names and addresses", tokenVariable)
	}
}

func oneOf(ps *env.Problems, name, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		ps.Bad(name, value)
	}
}
