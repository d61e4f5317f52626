// Package board keeps what has become of each order of the sandbox, and shows it: a line per order for a terminal, and
// a start page with counts. It is given all that it knows, and does not look for itself.
package board
