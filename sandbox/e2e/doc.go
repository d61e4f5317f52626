// Package e2e holds the end-to-end tests: a real Temporal server, the real worker, and the simulated shop and issuer,
// which judge what came of the orders. They are run with the others, by go test work; there Temporal keeps its state in
// SQLite. With -temporal-store postgresql it is in PostgreSQL, persistence and visibility, as in production.
//
// With -update, the tests of histories write workflows/testdata/history, against which the replay test in package
// workflows holds every change.
package e2e
