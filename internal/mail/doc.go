// Package mail sends mails through an SMTP server (RFC 5321). It knows nothing about their content. It tries each mail
// once. To retry, the caller calls again; [Error] states whether a retry can help and whether the server may already
// have accepted the mail.
package mail
