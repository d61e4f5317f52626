// Package installation prepares a namespace for giftbridge: it checks the retention, and creates the search attributes
// and schedules. It compares them with the configuration, and runs the schedules on request.
package installation
