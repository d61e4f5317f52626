// Package checkout measures amounts that are taken off cards at a checkout.
package checkout
