// Package walls has the tests that keep the packages of the sandbox apart, as internal/archtest does for the root module.
package walls
