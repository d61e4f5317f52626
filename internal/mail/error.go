package mail

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"regexp"

	"github.com/giftbridge/giftbridge/internal/redact"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Op is the step of sending that failed.
type Op string

// The steps, in order.
const (
	OpMessage   Op = "message"
	OpConnect   Op = "connect"
	OpTLS       Op = "tls"
	OpLogin     Op = "login"
	OpSender    Op = "sender"
	OpRecipient Op = "recipient"
	OpData      Op = "data"
)

// Error describes a mail that was not sent, or not to all recipients. It holds no mail address, user name or password.
type Error struct {
	Op Op
	// Permanent is true if sending the same mail again cannot help.
	Permanent bool
	// Unacknowledged is true if the whole mail was sent but no response came: the server may have accepted it. Mail
	// readers recognise a repeat with the same Message-ID as the same mail.
	Unacknowledged bool
	// Delivered is the number of recipients to whom the mail was sent despite the error. The others were permanently
	// refused.
	Delivered int
	// Code is the server's reply code (RFC 5321, section 4.2), 0 if the failure was not a reply.
	Code int
	// Message describes the failure.
	Message string

	err error
}

// Error implements error.
func (e *Error) Error() string {
	s := "send mail: " + string(e.Op) + ": "
	if e.Code != 0 {
		s += fmt.Sprintf("%d ", e.Code)
	}
	s += e.Message
	if e.Unacknowledged {
		s += " (the server may have taken the mail)"
	}
	if e.Delivered > 0 {
		s += fmt.Sprintf(" (sent to %d other recipients)", e.Delivered)
	}
	return s
}

// Unwrap returns the cause if it comes from the network or the context. A server's reply is not exposed as a cause,
// since it repeats addresses.
func (e *Error) Unwrap() error { return e.err }

// lacking names something that the server must offer, but does not, for the mail to be sent.
type lacking string

func (l lacking) Error() string { return string(l) }

// refusal is a permanently refused recipient.
type refusal struct {
	error
	number    int
	delivered int
}

func (r *refusal) Unwrap() error { return r.error }

// reply returns the code and the text of a server's reply.
func reply(err error) (code int, text string) {
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return answer.Code, answer.Msg
	}
	return 0, ""
}

func (d *delivery) asError(ctx context.Context, err error) *Error {
	e := &Error{Op: d.op}
	var text string
	e.Code, text = reply(err)
	prefix := ""
	if r, ok := errors.AsType[*refusal](err); ok {
		e.Delivered = r.delivered
		if n := len(d.letter.to); n > 1 {
			prefix = fmt.Sprintf("recipient %d of %d: ", r.number, n)
		}
	}
	_, lacks := errors.AsType[lacking](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, network := errors.AsType[net.Error](err)
	switch {
	case e.Code != 0:
		e.Permanent = e.Code >= 500
		e.Message = prefix + d.redact(text)
	case ctx.Err() != nil:
		e.err = ctx.Err()
		e.Message = e.err.Error()
	case lacks:
		e.Permanent = true
		e.Message = err.Error()
	case untrusted:
		e.Permanent = true
		e.Message = d.redact(err.Error())
	case network:
		e.err = err
		e.Message = d.redact(err.Error())
	default:
		// The connection ended, or the data is not SMTP or TLS.
		e.Message = d.redact(err.Error())
	}
	// A reply that is neither success nor failure counts as no reply.
	e.Unacknowledged = d.ended && d.op == OpData && (e.Code < 400 || e.Code > 599)
	return e
}

// maxReply is the maximum length of a server's words in an error.
const maxReply = 200

// redact turns a server's words into one line, and removes what must not be logged: addresses, names, the login.
func (d *delivery) redact(text string) string {
	o := d.sender.options
	if o.Username != "" {
		b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
		text = redact.Secrets(text,
			b64("\x00"+o.Username+"\x00"+o.Password), b64(o.Password), b64(o.Username), o.Password, o.Username)
	}
	for _, a := range d.letter.all() {
		for _, s := range []string{a.Address, a.Name} {
			if s != "" {
				text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(s)).ReplaceAllLiteralString(text, redact.Address)
			}
		}
	}
	return printable.Line(redact.Addresses(text), maxReply)
}
