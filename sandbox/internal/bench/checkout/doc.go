// Package checkout measures amounts that are taken off cards at a checkout: how long a shop waits beside the least that
// Temporal can do, what becomes of many at once on one card, and how much of a card is kept that is spent without end.
//
// Everything that is measured runs in a process of its own. The simulated services run in the measuring process.
package checkout
