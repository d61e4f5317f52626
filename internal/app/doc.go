// Package app builds and runs the processes: it connects what the configuration names, checks what must hold before
// work begins, and stops in order. Mains, tests and the sandbox are its users.
package app
