package mail_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

const (
	username = "sender-login"
	password = "correct horse battery staple"
)

// private is what no error may show.
var private = []string{username, password, "example.com", "example.org", "example.net", "Ada", "c3RhcGxl"}

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

func requireError(t *testing.T, err error) *mail.Error {
	t.Helper()
	e, ok := errors.AsType[*mail.Error](err)
	require.True(t, ok, "%v", err)
	for _, s := range private {
		require.NotContains(t, err.Error(), s)
	}
	require.NotContains(t, err.Error(), "\n")
	return e
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

func TestSendKeepsTheMessage(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	require.NoError(t, sender(t, options(server)).Send(t.Context(), message()))
	data := server.Messages()[0].Data
	got, err := mailtest.Parse(data)
	require.NoError(t, err)
	want := message()
	require.Equal(t, want.Subject, got.Subject)
	require.Equal(t, want.Text, got.Text)
	require.Equal(t, want.HTML, got.HTML)
	require.Len(t, got.Attachments, 1)
	require.Equal(t, want.Attachments[0].Name, got.Attachments[0].Name)
	require.Contains(t, got.Attachments[0].ContentType, want.Attachments[0].ContentType)
	require.Equal(t, want.Attachments[0].Data, got.Attachments[0].Data)
	require.Equal(t, "giftbridge", got.From[0].Name)
	require.Len(t, got.To, 2)
	require.Equal(t, "Ada Ünal", got.To[0].Name)
	require.Equal(t, http.Header{
		"Auto-Submitted": {"auto-generated"},
		"Content-Type":   {got.Header.Get("Content-Type")},
		"Date":           {"Sat, 22 Aug 2026 18:00:00 +0200"},
		"From":           {`"giftbridge" <from@example.com>`},
		"Message-Id":     {"<digest.2026-08-22@example.com>"},
		"Mime-Version":   {"1.0"},
		"Reply-To":       {"<help@example.com>"},
		"Subject":        {got.Header.Get("Subject")},
		"To":             {got.Header.Get("To")},
	}, http.Header(got.Header), "and nothing else")
	for line := range strings.Lines(string(data)) {
		require.LessOrEqual(t, len(line), 80)
		require.True(t, strings.HasSuffix(line, "\r\n"))
	}
}

// Two sends of a mail differ in the boundaries between its parts only.
func TestSendOrdersHeaders(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	s := sender(t, options(server))
	names := func(data []byte) (out []string) {
		head, _, _ := strings.Cut(string(data), "\r\n\r\n")
		for line := range strings.Lines(head) {
			if name, _, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
				out = append(out, name)
			}
		}
		return out
	}
	for range 5 {
		require.NoError(t, s.Send(t.Context(), message()))
	}
	for _, m := range server.Messages() {
		require.Equal(t, []string{
			"Auto-Submitted", "Date", "MIME-Version", "Message-ID", "Subject", "From", "To", "Reply-To", "Content-Type",
		}, names(m.Data))
	}
}

func TestSendTextAlone(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	m := message()
	m.HTML, m.Attachments, m.ReplyTo = "", nil, ""
	require.NoError(t, sender(t, options(server)).Send(t.Context(), m))
	got, err := server.Messages()[0].Parse()
	require.NoError(t, err)
	require.Equal(t, m.Text, got.Text)
	require.Empty(t, got.HTML)
	require.Contains(t, got.Header.Get("Content-Type"), "text/plain")
}

func TestSendAnyContent(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{NoTLS: true})
	o := options(server)
	o.TLS = mail.NoTLS
	s := sender(t, o)
	word := rapid.StringOf(rapid.RuneFrom([]rune(" a.é🎁=?_\"<>@,;:")))
	body := rapid.StringOf(rapid.RuneFrom([]rune("\n\t .a=é🎁\x00<&")))
	rapid.Check(t, func(rt *rapid.T) {
		m := message()
		m.Subject = "x" + word.Draw(rt, "subject") + strings.Repeat(word.Draw(rt, "repeated"), 4)
		m.Text = "x" + body.Draw(rt, "text")
		m.HTML = "x" + body.Draw(rt, "html")
		m.Attachments[0].Data = rapid.SliceOf(rapid.Byte()).Draw(rt, "data")
		server.Clear()
		require.NoError(rt, s.Send(t.Context(), m))
		got, err := server.Messages()[0].Parse()
		require.NoError(rt, err)
		require.Equal(rt, strings.Join(strings.Fields(m.Subject), " "), got.Subject)
		require.Equal(rt, m.Text, got.Text)
		require.Equal(rt, m.HTML, got.HTML)
		require.Equal(rt, string(m.Attachments[0].Data), string(got.Attachments[0].Data))
		require.Len(rt, got.Header, 9)
	})
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

func TestSendRefusesMessages(t *testing.T) {
	t.Parallel()
	connected := make(chan struct{}, 1)
	server := start(t, mailtest.Options{OnCommand: func(string) { connected <- struct{}{} }})
	s := sender(t, options(server))
	for name, change := range map[string]func(*mail.Message){
		"no sender":                          func(m *mail.Message) { m.From = "" },
		"two senders":                        func(m *mail.Message) { m.From = "a@example.com, b@example.com" },
		"line break in the sender":           func(m *mail.Message) { m.From = "a\r\nBcc: x@example.com <a@example.com>" },
		"line break in an encoded name":      func(m *mail.Message) { m.From = "=?utf-8?q?a=0D=0AX:_y?= <a@example.com>" },
		"no recipient":                       func(m *mail.Message) { m.To = nil },
		"recipient without domain":           func(m *mail.Message) { m.To[1] = "ada" },
		"line break in a recipient":          func(m *mail.Message) { m.To[0] = "a@example.org>\r\nRCPT TO:<b@example.org" },
		"folded recipient":                   func(m *mail.Message) { m.To[0] = "Ada\r\n <ada@example.org>" },
		"recipient beyond ASCII":             func(m *mail.Message) { m.To[0] = "ädä@example.org" },
		"line break in reply to":             func(m *mail.Message) { m.ReplyTo = "a@example.com\n" },
		"bad reply to":                       func(m *mail.Message) { m.ReplyTo = "nobody" },
		"no subject":                         func(m *mail.Message) { m.Subject = "" },
		"line break in the subject":          func(m *mail.Message) { m.Subject = "a\r\nBcc: x@example.com" },
		"line feed in the subject":           func(m *mail.Message) { m.Subject = "a\nb" },
		"NUL in the subject":                 func(m *mail.Message) { m.Subject = "a\x00b" },
		"long subject":                       func(m *mail.Message) { m.Subject = strings.Repeat("x", 901) },
		"no text":                            func(m *mail.Message) { m.Text = "" },
		"no message id":                      func(m *mail.Message) { m.MessageID = "" },
		"message id in brackets":             func(m *mail.Message) { m.MessageID = "<a@b>" },
		"line break in the message id":       func(m *mail.Message) { m.MessageID = "a@b\r\nX: y" },
		"line feed after the message id":     func(m *mail.Message) { m.MessageID = "a@b\n" },
		"no date":                            func(m *mail.Message) { m.Date = time.Time{} },
		"attachment without name":            func(m *mail.Message) { m.Attachments[0].Name = "" },
		"line break in an attachment":        func(m *mail.Message) { m.Attachments[0].Name = "a\r\nX: y" },
		"path as attachment":                 func(m *mail.Message) { m.Attachments[0].Name = "../a" },
		"quote in an attachment":             func(m *mail.Message) { m.Attachments[0].Name = `a"; x="b` },
		"attachment without type":            func(m *mail.Message) { m.Attachments[0].ContentType = "" },
		"line break in an attachment's type": func(m *mail.Message) { m.Attachments[0].ContentType = "text/csv\r\n X: y" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := message()
			change(&m)
			e := requireError(t, s.Send(t.Context(), m))
			require.Equal(t, mail.OpMessage, e.Op)
			require.True(t, e.Permanent)
			require.Empty(t, connected)
		})
	}
}

func TestSendFaults(t *testing.T) {
	t.Parallel()
	big := func(m *mail.Message) { m.Attachments[0].Data = make([]byte, 24<<20) }
	tests := []struct {
		name   string
		fault  mailtest.Fault
		change func(*mail.Message)
		want   mail.Error
		kept   int
	}{
		{"down", mailtest.Fault{Kind: mailtest.Down}, nil, mail.Error{Op: mail.OpConnect, Code: 421}, 0},
		{
			"sender refused",
			mailtest.Fault{Kind: mailtest.RefuseSender},
			nil,
			mail.Error{Op: mail.OpSender, Code: 550, Permanent: true},
			0,
		},
		{
			"recipients refused",
			mailtest.Fault{Kind: mailtest.RefuseRecipient, Times: 2},
			nil,
			mail.Error{Op: mail.OpRecipient, Code: 550, Permanent: true},
			0,
		},
		{
			"one recipient refused",
			mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: "ada@example.org"},
			nil,
			mail.Error{Op: mail.OpRecipient, Code: 550, Permanent: true, Delivered: 1},
			1,
		},
		{
			"one recipient greylisted",
			mailtest.Fault{Kind: mailtest.Greylist, Recipient: "bob@example.org"},
			nil,
			mail.Error{Op: mail.OpRecipient, Code: 451},
			0,
		},
		{
			"mail refused",
			mailtest.Fault{Kind: mailtest.RefuseMail},
			nil,
			mail.Error{Op: mail.OpData, Code: 554, Permanent: true},
			0,
		},
		{"mail not now", mailtest.Fault{Kind: mailtest.BusyMail}, nil, mail.Error{Op: mail.OpData, Code: 452}, 0},
		{"closed amid the mail", mailtest.Fault{Kind: mailtest.CloseMidData}, big, mail.Error{Op: mail.OpData}, 0},
		{
			"closed before the answer",
			mailtest.Fault{Kind: mailtest.CloseBeforeReply},
			nil,
			mail.Error{Op: mail.OpData, Unacknowledged: true},
			1,
		},
		{
			"garbled answer",
			mailtest.Fault{Kind: mailtest.GarbleReply},
			nil,
			mail.Error{Op: mail.OpData, Unacknowledged: true},
			1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := start(t, mailtest.Options{MaxSize: 64 << 20})
			s := sender(t, options(server))
			server.Fail(tt.fault)
			m := message()
			if tt.change != nil {
				tt.change(&m)
			}
			e := requireError(t, s.Send(t.Context(), m))
			require.NotEmpty(t, e.Message)
			got := mail.Error{
				Op: e.Op, Code: e.Code, Permanent: e.Permanent, Unacknowledged: e.Unacknowledged, Delivered: e.Delivered,
			}
			require.Equal(t, tt.want, got, e.Error())
			require.Len(t, server.Messages(), tt.kept)

			require.NoError(t, s.Send(t.Context(), message()), "the fault is over")
			require.Len(t, server.Messages(), tt.kept+1)
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	server.Fail(mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: "bob@example.org"})
	err := sender(t, options(server)).Send(t.Context(), message())
	require.EqualError(t, err, "send mail: recipient: 550 recipient 2 of 2: 5.1.1 <[address]>: no such user here "+
		"(sent to 1 other recipients)")
}

func TestSendIgnoresTheGoodbye(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	server.Fail(mailtest.Fault{Kind: mailtest.CloseAtQuit})
	require.NoError(t, sender(t, options(server)).Send(t.Context(), message()))
	require.Len(t, server.Messages(), 1)
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	server.Stop()
	e := requireError(t, sender(t, options(server)).Send(t.Context(), message()))
	require.Equal(t, mail.OpConnect, e.Op)
	require.False(t, e.Permanent)
	require.Error(t, e.Unwrap())
}

// verbs notes the commands that a server gets.
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

func TestSendTimesOut(t *testing.T) {
	t.Parallel()
	server := start(t, mailtest.Options{})
	server.Fail(mailtest.Fault{Kind: mailtest.Silent, Delay: time.Hour})
	o := options(server)
	o.Timeout = time.Millisecond
	e := requireError(t, sender(t, o).Send(t.Context(), message()))
	require.Equal(t, mail.OpConnect, e.Op)
	require.False(t, e.Permanent)
	timeout, ok := errors.AsType[net.Error](e)
	require.True(t, ok && timeout.Timeout(), e.Error())
}

func TestSendAfterTheEndOfTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := requireError(t, sender(t, options(start(t, mailtest.Options{}))).Send(ctx, message()))
	require.Equal(t, mail.OpConnect, e.Op)
	require.ErrorIs(t, e, context.Canceled)
}

// The end of the context ends a conversation wherever it stands, though the server says nothing any more.
func TestSendUntilTheEndOfTheContext(t *testing.T) {
	t.Parallel()
	for verb, op := range map[string]mail.Op{
		"": mail.OpConnect, "EHLO": mail.OpConnect, "STARTTLS": mail.OpTLS, "AUTH": mail.OpLogin, "MAIL": mail.OpSender,
		"RCPT": mail.OpRecipient, "DATA": mail.OpData, ".": mail.OpData,
	} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			returned := make(chan struct{})
			server := start(t, mailtest.Options{Username: username, Password: password, OnCommand: func(got string) {
				if got == verb {
					cancel()
					<-returned
				}
			}})
			o := options(server)
			o.Username, o.Password, o.Timeout = username, password, time.Hour
			err := sender(t, o).Send(ctx, message())
			close(returned)
			e := requireError(t, err)
			require.ErrorIs(t, e, context.Canceled)
			require.Equal(t, op, e.Op)
			require.Equal(t, verb == ".", e.Unacknowledged)
			require.False(t, e.Permanent)
		})
	}
}

func TestSendAfterTheMailWasTaken(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	returned := make(chan struct{})
	server := start(t, mailtest.Options{OnCommand: func(verb string) {
		if verb == "QUIT" {
			cancel()
			<-returned
		}
	}})
	err := sender(t, options(server)).Send(ctx, message())
	close(returned)
	require.NoError(t, err)
}
