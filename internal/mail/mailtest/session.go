package mailtest

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"time"
)

// Limits of RFC 5321, section 4.5.3.1, and the time-out for a silent client.
const (
	maxLine       = 2048
	maxRecipients = 100
	idle          = 5 * time.Minute
)

// session is one conversation with a client.
type session struct {
	server *Server
	conn   net.Conn
	in     *bufio.Reader

	secure   bool
	greeted  bool
	username string
	from     *string // Nil if no mail has begun.
	to       []string
}

// errBye ends a conversation.
var errBye = errors.New("bye")

func (s *Server) converse(conn net.Conn) {
	c := &session{server: s}
	if s.options.ImplicitTLS {
		conn = tls.Server(conn, s.tls)
		c.secure = true
	}
	c.use(conn)
	s.onCommand("")
	if f, ok := s.fault(nil, Down, Silent); ok {
		if f.Kind == Down {
			_ = c.reply(421, "mailtest is down")
			return
		}
		if !c.wait(f.Delay) {
			return
		}
	}
	if c.reply(220, "mailtest ESMTP") != nil {
		return
	}
	for {
		line, err := c.line()
		if err != nil {
			return
		}
		if err := c.command(line); err != nil {
			return
		}
	}
}

func (c *session) use(conn net.Conn) {
	c.conn = conn
	c.in = bufio.NewReaderSize(conn, maxLine)
}

// line reads a line without its end, which must be CR LF. With a server that accepts other line ends, the content of a
// mail could fake the end of the mail.
func (c *session) line() (string, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return "", err
	}
	b, err := c.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		_ = c.reply(500, "line too long")
	}
	if err != nil {
		return "", err
	}
	line, ok := strings.CutSuffix(string(b), "\r\n")
	if !ok {
		_ = c.reply(500, "5.5.2 line does not end in CR LF")
		return "", errBye
	}
	return line, nil
}

// wait waits for d, and reports whether the client is still there.
func (c *session) wait(d time.Duration) bool {
	if err := c.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		return false
	}
	_, err := c.in.Peek(1)
	timeout, ok := errors.AsType[net.Error](err)
	return err == nil || (ok && timeout.Timeout())
}

func (c *session) reply(code int, lines ...string) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(idle)); err != nil {
		return err
	}
	var b bytes.Buffer
	for i, l := range lines {
		separator := "-"
		if i == len(lines)-1 {
			separator = " "
		}
		fmt.Fprintf(&b, "%d%s%s\r\n", code, separator, l)
	}
	_, err := c.conn.Write(b.Bytes())
	return err
}

func (c *session) command(line string) error {
	verb, argument, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	c.server.onCommand(verb)
	switch verb {
	case "EHLO", "HELO":
		return c.hello(verb, argument)
	case "NOOP":
		return c.reply(250, "2.0.0 ok")
	case "RSET":
		c.reset()
		return c.reply(250, "2.0.0 ok")
	case "QUIT":
		if _, ok := c.server.fault(nil, CloseAtQuit); ok {
			return errBye
		}
		_ = c.reply(221, "2.0.0 bye")
		return errBye
	}
	if !c.greeted {
		return c.reply(503, "5.5.1 say EHLO first")
	}
	switch verb {
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		return c.auth(argument)
	case "MAIL":
		return c.mail(argument)
	case "RCPT":
		return c.rcpt(argument)
	case "DATA":
		return c.data()
	}
	return c.reply(502, "5.5.1 unknown command")
}

func (c *session) reset() { c.from, c.to = nil, nil }

func (c *session) hello(verb, name string) error {
	if name == "" {
		return c.reply(501, "5.5.4 no name")
	}
	c.reset()
	c.greeted = true
	if verb == "HELO" {
		return c.reply(250, "mailtest")
	}
	lines := []string{"mailtest", "8BITMIME", "ENHANCEDSTATUSCODES", fmt.Sprintf("SIZE %d", c.server.options.MaxSize)}
	if !c.secure && !c.server.options.NoTLS {
		lines = append(lines, "STARTTLS")
	}
	if c.mayLogIn() {
		lines = append(lines, "AUTH "+c.mechanism())
	}
	if c.server.options.LowerCase {
		for i := range lines {
			lines[i] = strings.ToLower(lines[i])
		}
	}
	return c.reply(250, lines...)
}

func (c *session) mechanism() string {
	if c.server.options.AuthLogin {
		return "LOGIN"
	}
	return "PLAIN"
}

// mayLogIn reports whether a password may be sent now.
func (c *session) mayLogIn() bool {
	return c.server.options.Username != "" && (c.secure || c.server.options.NoTLS)
}

func (c *session) startTLS() error {
	if c.secure || c.server.options.NoTLS {
		return c.reply(502, "5.5.1 not offered")
	}
	if c.in.Buffered() > 0 {
		_ = c.reply(501, "5.5.4 nothing may follow STARTTLS")
		return errBye
	}
	if err := c.reply(220, "2.0.0 go ahead"); err != nil {
		return err
	}
	conn := tls.Server(c.conn, c.server.tls)
	if err := conn.SetDeadline(time.Now().Add(idle)); err != nil {
		return err
	}
	if err := conn.Handshake(); err != nil { //nolint:noctx // Stop closes the connection.
		return err
	}
	c.use(conn)
	c.reset()
	c.secure, c.greeted = true, false
	return nil
}

func (c *session) auth(argument string) error {
	mechanism, response, _ := strings.Cut(argument, " ")
	switch {
	case !c.mayLogIn():
		return c.reply(538, "5.7.11 not without encryption")
	case c.username != "" || c.from != nil:
		return c.reply(503, "5.5.1 not now")
	case !strings.EqualFold(mechanism, c.mechanism()):
		return c.reply(504, "5.5.4 unknown mechanism")
	}
	o := c.server.options
	responses, want := []string{response}, []string{"\x00" + o.Username + "\x00" + o.Password}
	prompts := []string{""}
	if o.AuthLogin {
		responses, want = []string{response, ""}, []string{o.Username, o.Password}
		prompts = []string{"VXNlcm5hbWU6", "UGFzc3dvcmQ6"} // "Username:", "Password:".
	}
	for i, r := range responses {
		if r == "" {
			if err := c.reply(334, prompts[i]); err != nil {
				return err
			}
			var err error
			if r, err = c.line(); err != nil {
				return err
			}
		}
		b, err := base64.StdEncoding.DecodeString(r)
		if err != nil {
			return c.reply(501, "5.5.2 not base64")
		}
		responses[i] = string(b)
	}
	if !slices.Equal(responses, want) {
		return c.reply(535, "5.7.8 wrong user name or password for "+o.Username)
	}
	c.username = o.Username
	return c.reply(235, "2.7.0 welcome")
}

func (c *session) mail(argument string) error {
	from, parameters, ok := path(argument, "FROM:")
	switch {
	case c.server.options.Username != "" && c.username == "":
		return c.reply(530, "5.7.0 log in first")
	case c.from != nil:
		return c.reply(503, "5.5.1 a mail has begun")
	case !ok:
		return c.reply(501, "5.1.7 not an address")
	}
	for p := range strings.FieldsSeq(parameters) {
		name, _, _ := strings.Cut(strings.ToUpper(p), "=")
		if name != "BODY" && name != "SIZE" {
			return c.reply(555, "5.5.4 unknown parameter")
		}
	}
	if _, ok := c.server.fault(nil, RefuseSender); ok {
		return c.reply(550, "5.7.60 <"+from+"> may not send")
	}
	c.from = &from
	return c.reply(250, "2.1.0 ok")
}

func (c *session) rcpt(argument string) error {
	to, parameters, ok := path(argument, "TO:")
	switch {
	case c.from == nil:
		return c.reply(503, "5.5.1 MAIL first")
	case !ok || to == "":
		return c.reply(501, "5.1.3 not an address")
	case parameters != "":
		return c.reply(555, "5.5.4 unknown parameter")
	case len(c.to) == maxRecipients:
		return c.reply(452, "4.5.3 too many recipients")
	}
	if f, ok := c.server.fault([]string{to}, RefuseRecipient, Greylist); ok {
		if f.Kind == Greylist {
			return c.reply(451, "4.7.1 <"+to+"> greylisted, try again later")
		}
		return c.reply(550, "5.1.1 <"+to+">: no such user here")
	}
	c.to = append(c.to, to)
	return c.reply(250, "2.1.5 ok")
}

// path parses FROM:<address> or TO:<address>, and the parameters that follow.
func path(argument, keyword string) (address, parameters string, ok bool) {
	if len(argument) < len(keyword) || !strings.EqualFold(argument[:len(keyword)], keyword) {
		return "", "", false
	}
	argument = argument[len(keyword):]
	end := strings.LastIndexByte(argument, '>')
	if !strings.HasPrefix(argument, "<") || end < 0 {
		return "", "", false
	}
	inside, rest := argument[:end+1], argument[end+1:]
	if rest != "" && rest[0] != ' ' {
		return "", "", false
	}
	if inside == "<>" {
		return "", strings.TrimSpace(rest), true
	}
	a, err := netmail.ParseAddress(inside)
	if err != nil {
		return "", "", false
	}
	return a.Address, strings.TrimSpace(rest), true
}

func (c *session) data() error {
	if len(c.to) == 0 {
		return c.reply(503, "5.5.1 RCPT first")
	}
	if err := c.reply(354, "end with a dot on a line of its own"); err != nil {
		return err
	}
	content, err := c.content()
	if err != nil {
		return err
	}
	c.server.onCommand(".")
	m := Message{From: *c.from, To: c.to, TLS: c.secure, Username: c.username, Data: content}
	c.reset()
	if content == nil {
		return c.reply(552, "5.3.4 mail too large")
	}
	f, _ := c.server.fault(m.To, RefuseMail, BusyMail, CloseBeforeReply, GarbleReply, Slow)
	switch f.Kind {
	case RefuseMail:
		return c.reply(554, "5.7.1 looks like spam, "+m.From+" may ask postmaster@example.net")
	case BusyMail:
		return c.reply(452, "4.3.1 no space")
	}
	m.Unanswered = f.Kind == CloseBeforeReply || f.Kind == GarbleReply
	if err := c.server.keep(m); err != nil {
		return c.reply(452, "4.3.1 cannot store")
	}
	switch f.Kind {
	case CloseBeforeReply:
		return errBye
	case GarbleReply:
		_, err := io.WriteString(c.conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		return errors.Join(err, errBye)
	case Slow:
		if !c.wait(f.Delay) {
			return errBye
		}
	}
	return c.reply(250, "2.0.0 kept")
}

// content reads a mail up to its final dot, and removes the dots that the client inserted (RFC 5321, section 4.5.2). It
// returns nil if the mail is too large.
func (c *session) content() ([]byte, error) {
	content := []byte{}
	for {
		line, err := c.line()
		if err != nil {
			return nil, err
		}
		if line == "." {
			return content, nil
		}
		if _, ok := c.server.fault(nil, CloseMidData); ok {
			return nil, errBye
		}
		if content == nil {
			continue
		}
		content = append(append(content, strings.TrimPrefix(line, ".")...), "\r\n"...)
		if len(content) > c.server.options.MaxSize {
			content = nil
		}
	}
}
