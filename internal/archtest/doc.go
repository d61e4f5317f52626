// Package archtest enforces the architecture: which package may import which, and why, and that each package documents
// its purpose. It contains only tests.
package archtest
