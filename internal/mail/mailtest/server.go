package mailtest

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/mail/mailtest/selfsigned"
)

// Options are the server's options. With the zero value, the server listens on a free port of the loopback interface
// and requires no login.
type Options struct {
	// Addr is the address to listen on, on the loopback interface; the default is "127.0.0.1:0".
	Addr string
	// Username and Password are the credentials with which a client must log in before it sends, if there is a user
	// name.
	Username, Password string
	// ImplicitTLS speaks TLS from the first byte.
	ImplicitTLS bool
	// NoTLS does not offer STARTTLS; AUTH is then offered without encryption.
	NoTLS bool
	// AuthLogin offers AUTH LOGIN instead of AUTH PLAIN, as some servers do.
	AuthLogin bool
	// LowerCase writes the keywords of the server's extensions in lower case, as RFC 5321 allows.
	LowerCase bool
	// MaxSize is the maximum size of a mail in bytes, by default 32 MiB.
	MaxSize int
	// Keep is how many of the newest mails are kept, by default 1,000.
	Keep int
	// Folder, if set, is an existing folder to which every mail is written as a file, "0001.eml" and so on. The file begins
	// with a Delivered-To line for each address in the envelope. That of an unanswered mail is called "0001.unanswered.eml".
	Folder string
	// Faults are queued from the start, as by Fail.
	Faults []Fault
	// OnFault, if set, is called before a fault takes effect. It must not call the server.
	OnFault func(Fault)
	// OnCommand, if set, is called with the verb of each command before the command is carried out, with "." for the
	// end of a mail, and with "" for a new connection.
	OnCommand func(verb string)
	// Now is the clock, by default time.Now.
	Now func() time.Time
}

// Message is a mail as received by the server.
type Message struct {
	// ID is the number of the mail, starting at 1.
	ID         int
	ReceivedAt time.Time
	// From and To are the addresses in the envelope.
	From string
	To   []string
	// TLS is true if the mail came over an encrypted connection. Username is the user that was logged in.
	TLS      bool
	Username string
	// Unanswered is true if a fault kept the client from learning that the mail was kept.
	Unanswered bool
	// Data is the mail itself, with CR LF line ends.
	Data []byte
}

// Server is a running server.
type Server struct {
	options  Options
	listener net.Listener
	tls      *tls.Config
	pool     *x509.CertPool
	handlers sync.WaitGroup

	mu       sync.Mutex
	stopped  bool
	conns    map[net.Conn]struct{}
	messages []Message
	received int
	faults   []Fault
}

// Start starts a server. Stop stops it.
func Start(o Options) (*Server, error) {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.MaxSize = cmp.Or(o.MaxSize, 32<<20)
	o.Keep = cmp.Or(o.Keep, 1000)
	if o.Now == nil {
		o.Now = time.Now
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return nil, errors.New("listen: not an address of the loopback interface")
	}
	s := &Server{options: o, conns: map[net.Conn]struct{}{}}
	if s.tls, s.pool, err = selfsigned.New(o.Now()); err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	s.Fail(o.Faults...)
	//nolint:noctx // Listening does not wait.
	if s.listener, err = net.Listen("tcp", o.Addr); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s.handlers.Go(s.accept)
	return s, nil
}

// Stop stops the server and closes all its connections. It may be called more than once.
func (s *Server) Stop() {
	s.mu.Lock()
	s.stopped = true
	_ = s.listener.Close()
	for c := range s.conns {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.handlers.Wait()
}

// Host returns the address on which the server listens.
func (s *Server) Host() string {
	host, _, _ := net.SplitHostPort(s.Addr())
	return host
}

// Port returns the port on which the server listens.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// Addr returns host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// RootCAs returns a pool that trusts the server's certificate, which is valid for 127.0.0.1, ::1 and localhost.
func (s *Server) RootCAs() *x509.CertPool { return s.pool }

// Messages returns the mails, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Clear removes the mails. It keeps files and faults.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.track(conn) {
			_ = conn.Close()
			return
		}
		s.handlers.Go(func() {
			defer s.untrack(conn)
			s.converse(conn)
		})
	}
}

func (s *Server) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) untrack(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// keep stores a mail. It does not accept a mail that cannot be written to the folder.
func (s *Server) keep(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.ID = s.received + 1
	m.ReceivedAt = s.options.Now()
	if s.options.Folder != "" {
		name := map[bool]string{false: "%04d.eml", true: "%04d.unanswered.eml"}[m.Unanswered]
		to := "Delivered-To: " + strings.Join(m.To, "\r\nDelivered-To: ") + "\r\n"
		if err := os.WriteFile(filepath.Join(s.options.Folder, fmt.Sprintf(name, m.ID)), append([]byte(to), m.Data...), 0o600); err != nil {
			return err
		}
	}
	s.received++
	s.messages = append(s.messages, m)
	if n := len(s.messages) - s.options.Keep; n > 0 {
		s.messages = slices.Delete(s.messages, 0, n)
	}
	return nil
}

func (s *Server) onCommand(verb string) {
	if s.options.OnCommand != nil {
		s.options.OnCommand(verb)
	}
}
