// Package recovery brings orders on that did not end as they should: it runs failed orders again, records what people found
// out about cards, cancels cards, releases orders that were left to people, and knows what earlier runs of an order did. It
// implements the interfaces of package activities that are about orders.
package recovery
