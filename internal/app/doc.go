// Package app builds and runs the processes: it connects to the configured services, checks the preconditions before
// work begins, and shuts down in order. The main packages, the tests and the sandbox use it.
package app
