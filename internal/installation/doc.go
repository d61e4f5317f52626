// Package installation prepares a namespace for giftbridge: its search attributes, retention and schedules. It compares them
// with the configuration, and makes the schedules run when somebody asks.
package installation
