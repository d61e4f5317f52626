// Package handsets shows the messages that customers got, as their phones would: the sandbox's page of messages. It is given the
// deliveries of the simulated service, and does not look for them itself.
package handsets
