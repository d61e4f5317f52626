// Package checkout measures amounts that are taken off cards at a checkout, in processes of their own: how long a shop waits beside
// the least that Temporal can do, what becomes of many at once on one card, and how much is kept of a card that is spent without end.
package checkout
