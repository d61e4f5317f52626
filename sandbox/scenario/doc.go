// Package scenario is the world outside as the sandbox has it: customers who place orders of every kind in a simulated
// shop, merchants whom a simulated issuer knows, and what goes wrong on a bad day. It knows no Temporal, so that the
// simulators can run without one.
package scenario
