// Package delivery sends the webhooks of a simulated shop as Shopify does: signed, with a second to connect and five in
// all, eight retries within four hours with the original body, and the end of a subscription whose retries have all
// failed. It keeps a ledger of what was sent and how it was answered, and it can make trouble: deliveries that are lost,
// late, doubled, out of order, broken, or not the shop's at all.
//
// It knows neither the shop nor its subscriptions: [Sender.Send] is told what to send, and where.
package delivery
