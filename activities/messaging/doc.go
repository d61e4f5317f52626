// Package messaging holds the activities of the messages that customers get: it reads what has become of orders and variants,
// composes what is due, and asks the service to deliver it.
package messaging
