package mail_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

const (
	username = "sender-login"
	password = "correct horse battery staple"
)

func message() mail.Message {
	return mail.Message{
		From: "giftbridge <from@example.com>", To: []string{"Ada Ünal <ada@example.org>", "bob@example.org"},
		ReplyTo: "help@example.com", Subject: "3 gift-card orders failed — éa", Text: "Hello.\n.\n..dots\nGrüße\n",
		HTML: "<p>Hello. Grüße</p>\n", MessageID: "digest.2026-08-22@example.com",
		Date: time.Date(2026, 8, 22, 18, 0, 0, 0, time.FixedZone("", 7200)),
		Attachments: []mail.Attachment{
			{Name: "orders.csv", ContentType: "text/csv; charset=utf-8", Data: []byte("a,b\r\n1,2\r\n")},
		},
	}
}

func start(t *testing.T, o mailtest.Options) *mailtest.Server {
	t.Helper()
	s, err := mailtest.Start(o)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

func options(s *mailtest.Server) mail.Options {
	return mail.Options{Host: s.Host(), Port: s.Port(), RootCAs: s.RootCAs(), HELO: "client.example.com"}
}

func sender(t *testing.T, o mail.Options) *mail.Sender {
	t.Helper()
	s, err := mail.New(o)
	require.NoError(t, err)
	return s
}

func TestSend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		server  mailtest.Options
		options func(*mail.Options)
		tls     bool
	}{
		{"STARTTLS", mailtest.Options{}, func(*mail.Options) {}, true},
		{"implicit TLS", mailtest.Options{ImplicitTLS: true}, func(o *mail.Options) { o.TLS = mail.ImplicitTLS }, true},
		{"no TLS", mailtest.Options{NoTLS: true}, func(o *mail.Options) { o.TLS = mail.NoTLS }, false},
		{
			"login over STARTTLS",
			mailtest.Options{Username: username, Password: password},
			func(o *mail.Options) { o.Username, o.Password = username, password }, true,
		},
		{
			"login over implicit TLS",
			mailtest.Options{ImplicitTLS: true, Username: username, Password: password},
			func(o *mail.Options) { o.TLS, o.Username, o.Password = mail.ImplicitTLS, username, password }, true,
		},
		{
			"the other login",
			mailtest.Options{Username: username, Password: password, AuthLogin: true},
			func(o *mail.Options) { o.Username, o.Password = username, password }, true,
		},
		{
			"keywords in lower case",
			mailtest.Options{Username: username, Password: password, LowerCase: true},
			func(o *mail.Options) { o.Username, o.Password = username, password }, true,
		},
		{
			"login on this machine",
			mailtest.Options{NoTLS: true, Username: username, Password: password},
			func(o *mail.Options) { o.TLS, o.Username, o.Password = mail.NoTLS, username, password }, false,
		},
		{"a name for this machine", mailtest.Options{}, func(o *mail.Options) { o.Host, o.HELO = "localhost", "" }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := start(t, tt.server)
			o := options(server)
			tt.options(&o)
			require.NoError(t, sender(t, o).Send(t.Context(), message()))

			messages := server.Messages()
			require.Len(t, messages, 1)
			require.Equal(t, "from@example.com", messages[0].From)
			require.Equal(t, []string{"ada@example.org", "bob@example.org"}, messages[0].To)
			require.Equal(t, tt.tls, messages[0].TLS)
			require.Equal(t, tt.server.Username, messages[0].Username)
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*mail.Options){
		"no host":                  func(o *mail.Options) { o.Host = "" },
		"no port":                  func(o *mail.Options) { o.Port = 0 },
		"no such port":             func(o *mail.Options) { o.Port = 65536 },
		"negative time-out":        func(o *mail.Options) { o.Timeout = -1 },
		"unknown tls":              func(o *mail.Options) { o.TLS = "maybe" },
		"line break in the host":   func(o *mail.Options) { o.Host = "a\r\nb" },
		"line break in the name":   func(o *mail.Options) { o.HELO = "a\r\nb" },
		"password without user":    func(o *mail.Options) { o.Password = "x" },
		"password without TLS":     func(o *mail.Options) { o.TLS, o.Username = mail.NoTLS, "x" },
		"password to another host": func(o *mail.Options) { o.Host, o.TLS, o.Username = "192.0.2.1", mail.NoTLS, "x" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := mail.Options{Host: "mail.example.com", Port: 587}
			change(&o)
			_, err := mail.New(o)
			require.ErrorContains(t, err, "mail server: ")
		})
	}
}

// verbs records the commands that a server receives.
type verbs struct {
	mu   sync.Mutex
	seen []string
}

func (v *verbs) note(verb string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen = append(v.seen, verb)
}

func (v *verbs) list() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.seen
}

func TestSendInsistsOnTLS(t *testing.T) {
	t.Parallel()
	var seen verbs
	server := start(t, mailtest.Options{NoTLS: true, Username: username, Password: password, OnCommand: seen.note})
	o := options(server)
	o.Username, o.Password = username, password
	e := requireError(t, sender(t, o).Send(t.Context(), message()))
	require.Equal(t, mail.OpTLS, e.Op)
	require.True(t, e.Permanent)
	server.Stop()
	require.NotContains(t, seen.list(), "AUTH")
	require.NotContains(t, seen.list(), "MAIL")
}

func TestSendChecksTheCertificate(t *testing.T) {
	t.Parallel()
	for name, implicit := range map[mail.TLS]bool{mail.StartTLS: false, mail.ImplicitTLS: true} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			var seen verbs
			server := start(t, mailtest.Options{ImplicitTLS: implicit, OnCommand: seen.note})
			o := options(server)
			o.TLS, o.RootCAs = name, start(t, mailtest.Options{}).RootCAs()
			e := requireError(t, sender(t, o).Send(t.Context(), message()))
			require.Equal(t, mail.OpTLS, e.Op)
			require.True(t, e.Permanent)
			require.Contains(t, e.Message, "certificate")
			server.Stop()
			require.NotContains(t, seen.list(), "MAIL")
		})
	}
}

func TestSendWithTheWrongPassword(t *testing.T) {
	t.Parallel()
	for _, login := range []bool{false, true} {
		server := start(t, mailtest.Options{Username: username, Password: "another", AuthLogin: login})
		o := options(server)
		o.Username, o.Password = username, password
		e := requireError(t, sender(t, o).Send(t.Context(), message()))
		require.Equal(t, mail.OpLogin, e.Op)
		require.Equal(t, 535, e.Code)
		require.True(t, e.Permanent)
		require.Contains(t, e.Message, "[redacted]")
	}
}

func TestSendWithAnUnwantedLogin(t *testing.T) {
	t.Parallel()
	o := options(start(t, mailtest.Options{}))
	o.Username, o.Password = username, password
	e := requireError(t, sender(t, o).Send(t.Context(), message()))
	require.Equal(t, mail.OpLogin, e.Op)
	require.True(t, e.Permanent)
}

func TestSendHeedsTheServersSize(t *testing.T) {
	t.Parallel()
	var seen verbs
	server := start(t, mailtest.Options{MaxSize: 100, OnCommand: seen.note})
	e := requireError(t, sender(t, options(server)).Send(t.Context(), message()))
	require.Equal(t, mail.OpSender, e.Op)
	require.True(t, e.Permanent)
	server.Stop()
	require.NotContains(t, seen.list(), "MAIL")
}
