// Package activities touches the world for the workflows: it asks Shopify for orders and CashStar for merchants and
// cards, translates between their words, ours and Temporal's, and decides once what kind of failure an error is.
//
// Every exported method of its structs is an activity; the method's name is the activity's type in histories.
package activities
