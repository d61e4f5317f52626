// Package relaying measures the shop's events on their way to another system, such as an ERP: how many in a second, and how long each
// takes, beside the least that Temporal can do for a mailbox; and what becomes of those that wait while the ERP is away.
//
// Everything that is measured runs in a process of its own. The simulated services, the ERP among them, and what sends webhooks, run
// in the measuring process.
package relaying
