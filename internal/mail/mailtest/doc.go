// Package mailtest is a mail server for tests and demonstrations: it speaks SMTP (RFC 5321) with STARTTLS, AUTH PLAIN
// or LOGIN, and SIZE, is strict about it, keeps what it is given, shows it on a page, delivers nothing, and goes wrong when
// asked to.
package mailtest
