// Package digest says, once a day, what happened to gift-card orders: it turns a [Report] into the subject, text, HTML
// and CSV of a mail. It is pure; collecting the report and sending the mail are others' business.
package digest
