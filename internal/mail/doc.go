// Package mail sends mails through an SMTP server (RFC 5321). It knows nothing of what they say. A mail is tried once:
// who wants another try calls again, told by [Error] whether that can help and whether the server may have taken the
// mail already.
package mail
