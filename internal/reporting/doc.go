// Package reporting collects the contents of a digest: orders that failed, recovered, are being retried or are left to
// people, cards that are no longer owed, polls that failed, and the totals of what was issued.
package reporting
