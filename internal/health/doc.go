// Package health reports the state of an installation, and checks whether an operator has to act.
package health
