package scenario

import "github.com/giftbridge/giftbridge/internal/shopify/shopifytest"

// contact is how a customer can be reached. Its numbers are set aside for fiction, but have the form of real ones.
type contact struct {
	// order is the number that comes with the order, shipping that of the address, and account that of the customer's account.
	order, shipping, account string
	// reached is the number that gets messages, in E.164 form; empty if none does.
	reached string
	address shopifytest.Address
	locale  string
}

// contacts are the customers in turn. The second last has a landline, and three others are not reached either: two leave no number,
// and one has it in the account alone, where it is for other purposes.
var contacts = []contact{
	{order: "(415) 555-0101", reached: "+14155550101", address: in("Anna Example", "San Francisco", "CA", "94103", "US")},
	{shipping: "+1 212 555 0103", reached: "+12125550103", address: in("Ben Example", "New York", "NY", "10001", "US")},
	{address: in("Carla Example", "Chicago", "IL", "60601", "US")},
	{order: "(312) 555-0147", reached: "+13125550147", address: in("David Example", "Chicago", "IL", "60602", "US")},
	{order: "0171 3920055", reached: "+491713920055", address: in("Erika Beispiel", "Berlin", "", "10115", "DE"), locale: "de-DE"},
	{order: "(415) 555-0188", reached: "+14155550188", address: in("Fay Example", "Oakland", "CA", "94612", "US")},
	{account: "(415) 555-0199", address: in("Gus Example", "Austin", "TX", "78701", "US")},
	{order: "(212) 555-0152", reached: "+12125550152", address: in("Hana Example", "New York", "NY", "10002-1234", "US")},
	{order: "020 7946 0958", address: in("Iris Example", "London", "", "SW1A 1AA", "GB")},
	{address: in("Jon Example", "Austin", "TX", "78702", "US")},
}

func in(name, city, province, zip, country string) shopifytest.Address {
	return shopifytest.Address{Name: name, Address1: "1 Example Street", City: city, Province: province, Zip: zip, Country: country}
}

// reach adds how the customer of the nth order can be reached, and what else a receipt says. It returns the number that gets
// messages; empty if none does.
func reach(o *shopifytest.Order, n int) string {
	c := contacts[(n-1)%len(contacts)]
	to := c.address
	to.Phone = c.shipping
	o.Phone, o.Locale, o.ShippingAddress = c.order, c.locale, &to
	if o.Customer != nil {
		o.Customer.Phone = c.account
	}
	o.Payments = []shopifytest.Payment{{Gateway: "Cards", Company: "Visa", Number: "•••• •••• •••• 1111"}}
	return c.reached
}
