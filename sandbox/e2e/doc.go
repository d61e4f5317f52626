// Package e2e holds the end-to-end tests: a real Temporal server, the real worker, and the simulated shop and issuer,
// which judge what came of the orders. They are run with the others, by go test work.
//
// With -update, the tests of histories write workflows/testdata/history, against which the replay test in package
// workflows holds every change.
package e2e
