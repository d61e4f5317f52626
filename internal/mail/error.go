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
	"strings"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Op is the step of sending that failed.
type Op string

// The steps, in their order.
const (
	OpMessage   Op = "message"
	OpConnect   Op = "connect"
	OpTLS       Op = "tls"
	OpLogin     Op = "login"
	OpSender    Op = "sender"
	OpRecipient Op = "recipient"
	OpData      Op = "data"
)

// Error is a mail that was not sent, or not to everyone. It holds no mail address, user name or password.
type Error struct {
	Op Op
	// Permanent tells that sending again as it is cannot help.
	Permanent bool
	// Unacknowledged tells that the whole mail was sent and no answer came: the server may have taken it. A repeat with
	// the same Message-ID is the same mail to those who read it.
	Unacknowledged bool
	// Delivered is to how many recipients the mail was sent all the same; the others were refused for good.
	Delivered int
	// Code is the server's answer (RFC 5321, section 4.2), 0 where it is not what failed.
	Code int
	// Message says what happened.
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

// Unwrap returns the cause where it is the network's or the context's. A server's words are no cause: they repeat
// addresses.
func (e *Error) Unwrap() error { return e.err }

// lacking is something that the server would have to offer for the mail to be sent.
type lacking string

func (l lacking) Error() string { return string(l) }

// refusal is a recipient refused for good.
type refusal struct {
	error
	number    int
	delivered int
}

func (r *refusal) Unwrap() error { return r.error }

// reply returns the code and the text of a server's answer.
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
		// The end of the connection, or something that is not SMTP or TLS.
		e.Message = d.redact(err.Error())
	}
	// An answer that is neither yes nor no counts as none.
	e.Unacknowledged = d.ended && d.op == OpData && (e.Code < 400 || e.Code > 599)
	return e
}

// maxReply is how much of a server's words an error repeats.
const maxReply = 200

var addresses = regexp.MustCompile(`[^\s<>"'(),;:\[\]]*@[^\s<>"'(),;:\[\]]*`)

// redact makes one line of a server's words and takes out what is not for logs: addresses, names, the login.
func (d *delivery) redact(text string) string {
	o := d.sender.options
	if o.Username != "" {
		b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
		for _, secret := range []string{
			b64("\x00" + o.Username + "\x00" + o.Password), b64(o.Password), b64(o.Username), o.Password, o.Username,
		} {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, "[redacted]")
			}
		}
	}
	for _, a := range d.letter.all() {
		for _, s := range []string{a.Address, a.Name} {
			if s != "" {
				text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(s)).ReplaceAllLiteralString(text, "[address]")
			}
		}
	}
	text = addresses.ReplaceAllLiteralString(text, "[address]")
	return printable.Line(text, maxReply)
}
