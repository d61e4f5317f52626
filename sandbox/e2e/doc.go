// Package e2e holds the end-to-end tests. They use a real Temporal server, the real worker, and the simulated shop and
// issuer, whose records decide whether the outcome of the orders is right. They are run with the other tests, by go
// test work; there Temporal keeps its state in SQLite. With -temporal-store postgresql, PostgreSQL holds both
// persistence and visibility, as in production.
//
// With -update, the tests of histories write workflows/testdata/history, against which the replay test in package
// workflows checks every change.
package e2e
