// Package digest reports, once a day, what happened to gift-card orders: it turns a [Report] into the subject, text,
// HTML and CSV of a mail. It is pure; other packages collect the report and send the mail.
package digest
