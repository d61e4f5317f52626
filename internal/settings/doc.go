// Package settings reads what an installation has settled in the input of its poll schedule: by which rules orders are taken
// in, and the identity that tells its orders and cards apart. It refuses a configuration that belongs to another
// installation.
package settings
