package mail_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

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

// Two sends of a mail differ only in the boundaries between its parts.
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
	word := rapid.StringOf(rapid.RuneFrom([]rune(" a.é🎁=_\"<>@,;:")))
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
		"an encoded word for a subject":      func(m *mail.Message) { m.Subject = "=?utf-8?q?nothing?= failed" },
		"an encoded word for a file":         func(m *mail.Message) { m.Attachments[0].Name = "=?utf-8?q?x?=.csv" },
		"a name encoded twice":               func(m *mail.Message) { m.From = "=?utf-8?q?=3D=3Fx?= <a@example.com>" },
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
