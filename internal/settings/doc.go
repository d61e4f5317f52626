// Package settings reads what an installation has settled in the input of its poll schedule: the rules by which orders
// are taken in, and the identity of its orders and cards. It rejects a configuration that belongs to another
// installation.
package settings
