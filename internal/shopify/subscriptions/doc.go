// Package subscriptions keeps the subscriptions by which Shopify sends webhooks to giftbridge: it lists what there is,
// compares it with what giftbridge needs, and makes, changes and deletes its own subscriptions. It never touches one
// that somebody else has made.
//
// Shopify lists only the subscriptions that the app made by the API in this shop. Those of a shopify.app.toml are not
// listed and cannot be changed here; [TOML] prints them.
package subscriptions

//go:generate go tool genqlient
