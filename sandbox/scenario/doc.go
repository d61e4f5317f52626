// Package scenario is the outside world of the sandbox: customers who place orders of every kind in a simulated shop,
// merchants known to a simulated issuer, and the faults of a bad day. All programs of the sandbox take their orders from
// here. It does not depend on Temporal, so that the simulators can run without it.
package scenario
