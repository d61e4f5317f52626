// Package checkout takes amounts off cards for shops whose buyers pay with them, and gives them back. It asks the workflows of
// the cards, which see to it that no two checkouts spend the same money.
package checkout
