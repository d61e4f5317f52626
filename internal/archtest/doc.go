// Package archtest enforces the architecture: which package may import which, and why, how large files and packages may
// be, that each package documents its purpose, and that constants and names which depend on each other agree. It
// contains only tests.
package archtest
