// Package receive measures orders that arrive by webhook: how fast a receiver answers, how long it takes from a webhook to
// the card, how long a burst takes, and what an order costs. Each figure stands beside one of the same run that does not
// depend on giftbridge, or beside the poll's.
//
// Everything that is measured runs in a process of its own. The simulated services, and what sends webhooks, run in the
// measuring process.
package receive
