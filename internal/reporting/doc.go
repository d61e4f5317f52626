// Package reporting collects what a digest reports: orders that failed, recovered, are being retried or are left to people,
// polls that failed, and what was issued.
package reporting
