// Package intake is the port to the shop: what the domain needs from the shop's orders, and the rules for what becomes
// of them. [Source] is implemented by an adapter, which alone knows the shop's API. The rest decides what a buyer's
// input means (addresses, days of delivery), and whether an order that is read again still owes its cards.
package intake
