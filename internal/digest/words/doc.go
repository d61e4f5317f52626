// Package words phrases what a digest says: counts, durations, sums of money, and values from outside, which it makes
// harmless to display.
package words
