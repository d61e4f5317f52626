// Package recovery handles orders that did not end as they should. It reruns failed orders, records what people have
// found out about cards, cancels cards, and looks up what earlier runs of an order did. It implements the interfaces of
// package activities that concern orders.
package recovery
