// Package health shows where an installation stands, and judges what of it an operator has to attend to.
package health
