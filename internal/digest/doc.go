// Package digest has the content of the daily digest: a [Report] of what happened to gift-card orders, what each kind of
// failure means to a shop and who resolves it, and the commands for it. Workflows, their histories and those who collect
// reports know this package; package digestmail makes a mail of a report.
package digest
