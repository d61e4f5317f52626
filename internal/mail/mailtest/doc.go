// Package mailtest is a mail server for tests and demonstrations. It speaks SMTP (RFC 5321) with STARTTLS, AUTH PLAIN
// or LOGIN, and SIZE, and is strict about the protocol. It keeps the mails that it receives, shows them on a web page,
// delivers nothing, and injects faults on demand.
package mailtest
