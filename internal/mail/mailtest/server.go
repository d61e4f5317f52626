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
	"sync"
	"time"
)

// Options are the server's. The zero value listens on a free port of the loopback interface and wants no login.
type Options struct {
	// Addr is where to listen, on the loopback interface; "127.0.0.1:0" where it is empty.
	Addr string
	// Username and Password are what a client must log in with before it sends, if there is a user name.
	Username, Password string
	// ImplicitTLS speaks TLS from the first byte.
	ImplicitTLS bool
	// NoTLS does not offer STARTTLS; AUTH is then offered without.
	NoTLS bool
	// AuthLogin offers AUTH LOGIN in the place of AUTH PLAIN, as some servers do.
	AuthLogin bool
	// LowerCase writes the keywords of its extensions in lower case, as RFC 5321 lets a server do.
	LowerCase bool
	// MaxSize is the largest mail in bytes, 32 MiB where it is 0.
	MaxSize int
	// Keep is how many mails are kept, the newest; 1,000 where it is 0.
	Keep int
	// Folder, if there is one, gets every mail as a file, "0001.eml" and so on. It must exist.
	Folder string
	// OnCommand, if it is set, is called with the verb of each command before it is carried out, with "." for the end
	// of a mail, and "" for a new connection.
	OnCommand func(verb string)
	// Now is the clock, time.Now where it is nil.
	Now func() time.Time
}

// Message is a mail as the server got it.
type Message struct {
	// ID counts the mails from 1.
	ID         int
	ReceivedAt time.Time
	// From and To are the envelope's.
	From string
	To   []string
	// TLS tells whether it came encrypted, Username who had logged in.
	TLS      bool
	Username string
	// Data is the mail itself, with CR LF.
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

// Start starts a server. Stop ends it.
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
	if s.tls, s.pool, err = certificate(o.Now()); err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	//nolint:noctx // Listening does not wait.
	if s.listener, err = net.Listen("tcp", o.Addr); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s.handlers.Go(s.accept)
	return s, nil
}

// Stop ends the server and every conversation with it. It may be called again.
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

// RootCAs returns the pool by which the server's certificate is trusted. It is for 127.0.0.1, ::1 and localhost.
func (s *Server) RootCAs() *x509.CertPool { return s.pool }

// Messages returns the mails, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Clear forgets the mails. It leaves files and faults.
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

// keep stores a mail. A mail that cannot be written to the folder is not taken.
func (s *Server) keep(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.ID = s.received + 1
	m.ReceivedAt = s.options.Now()
	if s.options.Folder != "" {
		name := filepath.Join(s.options.Folder, fmt.Sprintf("%04d.eml", m.ID))
		if err := os.WriteFile(name, m.Data, 0o600); err != nil {
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
