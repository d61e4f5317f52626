// Package archtest holds the shape of the house: which package may import which, and why, and that each says what it
// is for. It has tests only.
package archtest
