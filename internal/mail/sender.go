package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// TLS is the way in which a connection is protected.
type TLS string

// The values of [TLS]. [StartTLS] is never optional: if the server does not offer it, no mail is sent.
const (
	StartTLS    TLS = "starttls"
	ImplicitTLS TLS = "tls"
	NoTLS       TLS = "none"
)

const (
	defaultTimeout = 30 * time.Second

	// finalTimeout is the time-out for the reply to a whole mail, as recommended by RFC 5321, section 4.5.3.2.6: a
	// sender that gives up earlier sends the mail twice.
	finalTimeout = 10 * time.Minute

	goodbyeTimeout = 5 * time.Second

	// maxAnswers is the maximum number of bytes read from a server in one conversation: its certificates, and replies
	// of a few hundred bytes each. Lines are read whole, so a line without end would otherwise fill the memory.
	maxAnswers = 1 << 20
)

// Options are the mail server and the settings for connecting to it.
type Options struct {
	Host string
	Port int
	// Username and Password are used to log in if there is a user name. They are sent only over TLS, or to this
	// machine.
	Username, Password string
	// TLS defaults to [StartTLS].
	TLS TLS
	// RootCAs are the authorities trusted to issue the server's certificate; nil means the system's.
	RootCAs *x509.CertPool
	// Timeout is the time-out for connecting, and for each read and write after that; the default is 30 seconds. The
	// context limits the whole conversation.
	Timeout time.Duration
	// HELO is the name by which this machine introduces itself, by default its host name.
	HELO string
}

// Sender sends mails. It is safe for concurrent use; each mail uses its own connection.
type Sender struct {
	options  Options
	loopback bool
}

// New returns a sender. It does not connect.
func New(o Options) (*Sender, error) {
	o.TLS = cmp.Or(o.TLS, StartTLS)
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	if o.HELO == "" {
		// A machine without a name can send all the same: servers read the name, few check it.
		name, _ := os.Hostname()
		o.HELO = cmp.Or(name, "localhost")
	}
	ip := net.ParseIP(o.Host)
	s := &Sender{options: o, loopback: o.Host == "localhost" || ip.IsLoopback()}
	switch {
	case o.Host == "":
		return nil, errors.New("mail server: no host")
	case o.Port < 1 || o.Port > 65535:
		return nil, fmt.Errorf("mail server: port %d does not exist", o.Port)
	case o.Timeout < 0:
		return nil, errors.New("mail server: time-out is negative")
	case o.TLS != StartTLS && o.TLS != ImplicitTLS && o.TLS != NoTLS:
		return nil, fmt.Errorf("mail server: tls is %q, not starttls, tls or none", o.TLS)
	case strings.ContainsAny(o.Host+o.HELO, "\r\n \t"):
		return nil, errors.New("mail server: white space in a host name")
	case o.Username == "" && o.Password != "":
		return nil, errors.New("mail server: a password without a user name")
	case o.Username != "" && o.TLS == NoTLS && !s.loopback:
		return nil, errors.New("mail server: a password would be sent unencrypted")
	}
	return s, nil
}

// Send sends a mail. Errors are [*Error]. If a recipient is permanently refused, the mail is still sent to the others,
// and the refusal is returned afterwards; any other failure keeps the mail from all recipients. A failure after the
// server has accepted the mail is not an error.
func (s *Sender) Send(ctx context.Context, m Message) error {
	l, err := m.letter()
	if err != nil {
		return &Error{Op: OpMessage, Permanent: true, Message: err.Error()}
	}
	d := &delivery{sender: s, letter: l}
	if err := d.converse(ctx, d.deliver); err != nil {
		return d.asError(ctx, err)
	}
	return nil
}

// Check does what Send does up to the login, and then quits without sending a mail. Errors are [*Error].
func (s *Sender) Check(ctx context.Context) error {
	d := &delivery{sender: s}
	if err := d.converse(ctx, func() error { return nil }); err != nil {
		return d.asError(ctx, err)
	}
	return nil
}

// delivery is one conversation with the server.
type delivery struct {
	sender *Sender
	letter letter

	op   Op
	conn *patientConn
	smtp *smtp.Client
	// offered are the server's extensions as read by [delivery.extension], nil before that.
	offered map[string]string
	// ended is true once the whole mail has been sent, and so may have been accepted.
	ended bool
}

// converse connects, logs in, calls do, and quits.
func (d *delivery) converse(ctx context.Context, do func() error) error {
	d.op = OpConnect
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.connect(ctx); err != nil {
		return err
	}
	defer func() { _ = d.conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = d.conn.Close() })
	defer stop()

	for _, step := range []struct {
		op Op
		do func() error
	}{
		{OpConnect, d.greet}, {OpTLS, d.startTLS}, {OpLogin, d.logIn},
	} {
		d.op = step.op
		if err := step.do(); err != nil {
			return err
		}
	}
	err := do()
	if _, some := errors.AsType[*refusal](err); err == nil || (some && d.ended) {
		// The work is done: it does not matter whether the server responds to QUIT.
		d.conn.patience = min(goodbyeTimeout, d.sender.options.Timeout)
		_ = d.smtp.Quit()
	}
	return err
}

// deliver transmits the mail.
func (d *delivery) deliver() error {
	d.op = OpSender
	if err := d.mailFrom(); err != nil {
		return err
	}
	d.op = OpRecipient
	refused, err := d.recipients()
	if err != nil {
		return err
	}
	d.op = OpData
	if err := d.data(); err != nil {
		return err
	}
	if refused != nil {
		d.op = OpRecipient
		return refused
	}
	return nil
}

func (d *delivery) connect(ctx context.Context) error {
	o := d.sender.options
	dialer := net.Dialer{Timeout: o.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	if err != nil {
		return err
	}
	d.conn = &patientConn{Conn: conn, patience: o.Timeout, left: maxAnswers}
	return nil
}

func (d *delivery) greet() error {
	var conn net.Conn = d.conn
	if d.sender.options.TLS == ImplicitTLS {
		d.op = OpTLS
		secure := tls.Client(d.conn, d.sender.tlsConfig())
		if err := secure.Handshake(); err != nil { //nolint:noctx // The end of the context closes the connection.
			return err
		}
		d.op, conn = OpConnect, secure
	}
	client, err := smtp.NewClient(conn, d.sender.options.Host)
	if err != nil {
		return err
	}
	// The next servers on the mail's way may not support addresses beyond ASCII; letter has none.
	client.SkipSMTPUTF8(true)
	d.smtp = client
	return client.Hello(d.sender.options.HELO)
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.options.Host, RootCAs: s.options.RootCAs, MinVersion: tls.VersionTLS12}
}

func (d *delivery) startTLS() error {
	if d.sender.options.TLS != StartTLS {
		return nil
	}
	if _, ok := d.extension("STARTTLS"); !ok {
		return lacking("the server does not offer STARTTLS")
	}
	d.offered = nil // What the server said before the connection was secured does not count.
	return d.smtp.StartTLS(d.sender.tlsConfig())
}

// extension returns the parameters of one of the server's extensions, and reports whether the server offers it. The
// keyword may be in any case (RFC 5321, section 4.1.1.1). The SMTP library only recognises upper case, so if it finds
// nothing, extension sends EHLO again.
func (d *delivery) extension(keyword string) (parameters string, offered bool) {
	if ok, parameters := d.smtp.Extension(keyword); ok {
		return parameters, true
	}
	if d.offered == nil {
		d.offered = d.hello()
	}
	parameters, offered = d.offered[keyword]
	return parameters, offered
}

// hello returns the extensions in the server's reply to EHLO, with keywords in upper case. It returns none if the reply
// is not a greeting.
func (d *delivery) hello() map[string]string {
	keywords := map[string]string{}
	id, err := d.smtp.Text.Cmd("EHLO %s", d.sender.options.HELO)
	if err != nil {
		return keywords
	}
	d.smtp.Text.StartResponse(id)
	defer d.smtp.Text.EndResponse(id)
	_, answer, err := d.smtp.Text.ReadResponse(250)
	if err != nil {
		return keywords
	}
	_, answer, _ = strings.Cut(answer, "\n") // The first line names the server.
	for line := range strings.Lines(answer) {
		keyword, parameters, _ := strings.Cut(strings.TrimSpace(line), " ")
		keywords[strings.ToUpper(keyword)] = parameters
	}
	return keywords
}

func (d *delivery) logIn() error {
	o := d.sender.options
	if o.Username == "" {
		return nil
	}
	offered, _ := d.extension("AUTH")
	for mechanism := range strings.FieldsSeq(strings.ToUpper(offered)) {
		switch mechanism {
		case "PLAIN":
			return d.smtp.Auth(smtp.PlainAuth("", o.Username, o.Password, o.Host, d.sender.loopback))
		case "LOGIN":
			return d.smtp.Auth(smtp.LoginAuth(o.Username, o.Password, o.Host, d.sender.loopback))
		}
	}
	return lacking("the server offers neither AUTH PLAIN nor AUTH LOGIN")
}

func (d *delivery) mailFrom() error {
	if limit, _ := d.extension("SIZE"); limit != "" { // RFC 1870; 0 is no limit.
		n, err := strconv.Atoi(limit)
		if err == nil && n > 0 && len(d.letter.content) > n {
			return lacking(fmt.Sprintf("the mail has %d bytes, the server takes %d", len(d.letter.content), n))
		}
	}
	return d.smtp.Mail(envelope(d.letter.from))
}

// recipients returns the refusal of a recipient separately from an error that ends the conversation.
func (d *delivery) recipients() (refused *refusal, err error) {
	accepted := 0
	for i, to := range d.letter.to {
		err := d.smtp.Rcpt(envelope(to))
		if err == nil {
			accepted++
			continue
		}
		if code, _ := reply(err); code < 500 {
			return nil, err
		}
		if refused == nil {
			refused = &refusal{error: err, number: i + 1}
		}
	}
	if accepted == 0 {
		return nil, refused
	}
	if refused != nil {
		refused.delivered = accepted
	}
	return refused, nil
}

func (d *delivery) data() error {
	w, err := d.smtp.Data()
	if err != nil {
		return err
	}
	// A mail is not accepted without its final dot, which closing the writer would send: do not close it after a failed
	// write.
	if _, err := w.Write(d.letter.content); err != nil {
		return err
	}
	d.ended = true
	d.conn.patience = max(finalTimeout, d.sender.options.Timeout)
	return w.Close()
}

// patientConn is a connection that allows each read and each write to take up to patience, and that reads no more than
// left bytes.
type patientConn struct {
	net.Conn
	patience time.Duration
	left     int
}

var errTalkative = fmt.Errorf("the server says more than %d bytes", maxAnswers)

// Read implements [net.Conn].
func (c *patientConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTalkative
	}
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// Write implements [net.Conn].
func (c *patientConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
