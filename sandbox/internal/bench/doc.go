// Package bench measures orders beside the bare engine: how many fit into a second, what CPU time each costs the worker
// and the server, and how long the last ones take. Everything that is measured runs in a process of its own, and the
// worker is the program that is deployed. The simulated services run in the measuring process.
//
// The host may be shared and noisy, so figures from different runs are not comparable. Ratios within one run are, and
// the [Bar]s of a [Report] are limits for these ratios. What an order costs in events, bytes, actions and requests does
// not depend on the machine; end-to-end tests check that.
package bench
