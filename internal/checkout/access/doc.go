// Package access knows the clients that may spend gift cards, and slows down who guesses codes.
//
// A client is the checkout of a shop. It shows a key, of which only the hash is configured. What it may send is limited
// in four ways, all of them in the memory of one receiver: with two receivers, twice as much is admitted, and after a
// restart everything is forgotten.
//
//   - Requests: at most so many per second for each client. What is refused for another reason does not count, so that a
//     flood of refused guesses takes nothing from those who are served.
//   - Unusable codes of one end user: a few are free, because people mistype. After that each is followed by a wait, which
//     doubles up to 15 minutes. Every 15 minutes without an unusable code forget one.
//   - Unusable codes of a client: a budget of 30, which fills up again within a minute. It makes guesses slow whose end
//     user changes with each guess, or that name none.
//   - A second budget of the same size, for end users who are known: one of their codes was usable, and none of late was
//     unusable. They pass when the first budget is used up. So an attack on a shop's page delays who comes for the first
//     time, and not who has applied a card before the attack. The second budget is bounded because the attacker may own
//     a card, and make any number of end users known with it.
//
// Clients have nothing in common: the attack on one is not noticed by another. A shop with a public page for balances
// therefore gives that page a client of its own, and an attack on the page never refuses a payment.
//
// No card is ever locked: otherwise strangers could keep its owner from spending it.
//
// End users are remembered as keyed hashes, whose key dies with the process. For each client the latest 20,000 are kept.
package access
