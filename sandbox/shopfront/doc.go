// Package shopfront is an example of a shop that takes gift cards at its checkout. The sandbox serves it, and developers of
// shops may read it: it knows giftbridge by the HTTP API alone, which it calls with package shopper.
//
//	payment.go  a payment with a gift card, until it is settled
//	order.go    an order, and what its shopper is told
//	shop.go     what the buttons do, and the job that settles payments
//	pages.go    the page
//
// What to take from it:
//
//   - The key of the API stays on the shop's server. Browsers talk to the shop.
//   - A payment has an idempotency key before the first request of it is sent. The key is kept with the order, and sent with
//     each repetition, for as long as no answer says what became of the payment. So nothing is paid twice.
//   - The shop's server, and not the page, asks until the payment is settled. Whoever closes the page has paid all the same.
//   - What a card cannot pay is paid another way, and only what the shopper agreed to is taken off the card.
//   - An order that is cancelled gives back what was taken off the card, even if that becomes known only later.
//
// What a real shop does better: it keeps orders in its database, and its payments are settled by a job that outlives the
// process.
package shopfront
