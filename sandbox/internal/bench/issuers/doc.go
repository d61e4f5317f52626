// Package issuers measures orders of two issuers side by side: one that issues at once, and one that answers later, by
// callbacks. What is measured is the time from the start of an order's workflow until its card exists and the order knows
// it, and what an order costs. Each figure stands beside one of bare workflows of the same shape, on the same server.
//
// Everything that is measured runs in a process of its own. The simulated services run in the measuring process.
package issuers
