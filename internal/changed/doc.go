// Package changed acts on orders that were cancelled or refunded after their cards were issued. It finds out which cards
// exist, starts the workflow that compares them with what is owed, and reads what became of that. It implements
// activities.ChangedOrders.
package changed
