package mail_test

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

// talker starts a server that sends the same to every client.
func talker(t *testing.T, say func(io.Writer)) mail.Options {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			say(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	host, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	return mail.Options{Host: host, Port: number, TLS: mail.NoTLS, HELO: "client.example.com"}
}

// The client does not read forever from a server that never stops, whether it sends one line or many.
func TestSendToATalkativeServer(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]string{
		"one line":          strings.Repeat("2", 1<<16),
		"a line that lasts": "220 " + strings.Repeat("x", 1<<16),
		"lines":             strings.Repeat("220-hello\r\n", 1<<12),
		"other lines":       strings.Repeat("hello\r\n", 1<<12),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := talker(t, func(w io.Writer) {
				for {
					if _, err := io.WriteString(w, say); err != nil {
						return
					}
				}
			})
			e := requireError(t, sender(t, o).Send(t.Context(), message()))
			require.Equal(t, mail.OpConnect, e.Op)
			require.False(t, e.Permanent)
			require.Less(t, len(e.Error()), 300)
		})
	}
}

// A server's words are shown as one line that cannot affect a terminal.
func TestServersWordsAreHarmless(t *testing.T) {
	t.Parallel()
	o := talker(t, func(w io.Writer) { _, _ = io.WriteString(w, "554 \x1b[2Jgo\u202eyawa\u200b\u3164\r\n") })
	e := requireError(t, sender(t, o).Send(t.Context(), message()))
	require.Equal(t, 554, e.Code)
	require.Equal(t, "[2Jgo�yawa��", e.Message)
}

// FuzzReply fuzzes a server's first words.
func FuzzReply(f *testing.F) {
	f.Add("554 no\r\n")
	f.Fuzz(func(t *testing.T, words string) {
		o := talker(t, func(w io.Writer) { _, _ = io.WriteString(w, words) })
		err := sender(t, o).Send(t.Context(), message())
		if err == nil {
			return // The fuzzer found a valid conversation.
		}
		for _, r := range requireError(t, err).Error() {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
		}
	})
}

// headers set the fields of a mail whose values appear in headers.
var headers = []func(m *mail.Message, value string){
	func(m *mail.Message, value string) { m.Subject = value },
	func(m *mail.Message, value string) { m.From = value },
	func(m *mail.Message, value string) { m.To = []string{value} },
	func(m *mail.Message, value string) { m.ReplyTo = value },
	func(m *mail.Message, value string) { m.From = "a" + value + " <from@example.com>" },
	func(m *mail.Message, value string) { m.MessageID = value },
	func(m *mail.Message, value string) { m.Attachments[0].Name = value },
	func(m *mail.Message, value string) { m.Attachments[0].ContentType = value },
}

// FuzzHeaders puts the value into a header field: the mail is either refused, or has exactly the expected headers and
// no others.
func FuzzHeaders(f *testing.F) {
	server, err := mailtest.Start(mailtest.Options{NoTLS: true})
	require.NoError(f, err)
	f.Cleanup(server.Stop)
	o := options(server)
	o.TLS = mail.NoTLS
	s, err := mail.New(o)
	require.NoError(f, err)
	for i := range headers {
		f.Add(uint8(i), "Digest")
	}
	f.Fuzz(func(t *testing.T, place uint8, value string) {
		m := message()
		headers[int(place)%len(headers)](&m, value)
		if s.Send(t.Context(), m) != nil {
			return
		}
		messages := server.Messages()
		got, err := mailtest.Parse(messages[len(messages)-1].Data)
		require.NoError(t, err)
		for name, values := range got.Header {
			require.Contains(t, []string{
				"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Reply-To", "Subject", "To",
			}, name)
			require.Len(t, values, 1, name)
		}
		require.Equal(t, strings.Join(strings.Fields(m.Subject), " "), got.Subject)
		require.Equal(t, message().Text, got.Text)
	})
}
