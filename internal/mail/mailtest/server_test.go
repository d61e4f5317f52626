package mailtest_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

func start(t *testing.T, o mailtest.Options) *mailtest.Server {
	t.Helper()
	s, err := mailtest.Start(o)
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	return s
}

// talker is a client that sends exactly what it is told to.
type talker struct {
	t *testing.T
	*textproto.Conn
}

func talk(t *testing.T, s *mailtest.Server) talker {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	c := talker{t, textproto.NewConn(conn)}
	t.Cleanup(func() { c.Close() })
	c.expect(220)
	return c
}

func (c talker) expect(code int) string {
	c.t.Helper()
	_, text, err := c.ReadResponse(code)
	require.NoError(c.t, err)
	return text
}

func (c talker) say(code int, line string) string {
	c.t.Helper()
	require.NoError(c.t, c.PrintfLine("%s", line))
	return c.expect(code)
}

// begin starts a mail, up to the point where its content is sent.
func (c talker) begin() {
	c.t.Helper()
	c.say(250, "EHLO client")
	c.say(250, "MAIL FROM:<from@example.com>")
	c.say(250, "RCPT TO:<to@example.com>")
	c.say(354, "DATA")
}

// The standard library's client is an independent reading of the same RFC.
func TestStandardClient(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{Username: "user", Password: "secret"})
	c, err := smtp.Dial(s.Addr())
	require.NoError(t, err)
	require.NoError(t, c.StartTLS(&tls.Config{ServerName: "localhost", RootCAs: s.RootCAs()}))
	require.NoError(t, c.Auth(smtp.PlainAuth("", "user", "secret", s.Host())))
	require.NoError(t, c.Mail("from@example.com"))
	require.NoError(t, c.Rcpt("to@example.com"))
	w, err := c.Data()
	require.NoError(t, err)
	const content = "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"
	_, err = w.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, c.Quit())
	messages := s.Messages()
	require.Len(t, messages, 1)
	require.Equal(t, content, string(messages[0].Data))
	require.True(t, messages[0].TLS)
	require.Equal(t, "user", messages[0].Username)
	m, err := messages[0].Parse()
	require.NoError(t, err)
	require.Equal(t, "dots", m.Subject)
	require.Equal(t, ".\n..\n.x\nend\n", m.Text)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	type exchange struct {
		code int
		line string
	}
	hello := exchange{250, "EHLO client"}
	from := exchange{250, "mail from:<from@example.com> BODY=8BITMIME"}
	to := exchange{250, "RCPT TO:<to@example.com>"}
	login := mailtest.Options{Username: "user", Password: "secret", NoTLS: true}
	tests := []struct {
		name    string
		options mailtest.Options
		say     []exchange
	}{
		{"no hello", mailtest.Options{}, []exchange{{503, "MAIL FROM:<from@example.com>"}}},
		{"hello without a name", mailtest.Options{}, []exchange{{501, "EHLO"}}},
		{"unknown command", mailtest.Options{}, []exchange{hello, {502, "TURN"}}},
		{"recipient first", mailtest.Options{}, []exchange{hello, {503, "RCPT TO:<to@example.com>"}}},
		{"data first", mailtest.Options{}, []exchange{hello, from, {503, "DATA"}}},
		{"two senders", mailtest.Options{}, []exchange{hello, from, {503, "MAIL FROM:<x@example.com>"}}},
		{"no sender after reset", mailtest.Options{}, []exchange{hello, from, {250, "RSET"}, {503, to.line}}},
		{"no sender after another hello", mailtest.Options{}, []exchange{hello, from, hello, {503, to.line}}},
		{"sender without brackets", mailtest.Options{}, []exchange{hello, {501, "MAIL FROM:from@example.com"}}},
		{"sender without keyword", mailtest.Options{}, []exchange{hello, {501, "MAIL <from@example.com>"}}},
		{"sender without domain", mailtest.Options{}, []exchange{hello, {501, "MAIL FROM:<from>"}}},
		{"no address at all", mailtest.Options{}, []exchange{hello, {501, "MAIL"}}},
		{"text behind the sender", mailtest.Options{}, []exchange{hello, {501, "MAIL FROM:<from@example.com>x"}}},
		{"parameter not offered", mailtest.Options{}, []exchange{hello, {555, "MAIL FROM:<from@example.com> SMTPUTF8"}}},
		{"bounce", mailtest.Options{}, []exchange{hello, {250, "MAIL FROM:<>"}, to, {354, "DATA"}}},
		{"empty recipient", mailtest.Options{}, []exchange{hello, from, {501, "RCPT TO:<>"}}},
		{"recipient's parameter", mailtest.Options{}, []exchange{hello, from, {555, to.line + " NOTIFY=NEVER"}}},
		{"no login", login, []exchange{hello, {530, "MAIL FROM:<from@example.com>"}}},
		{"unknown login", login, []exchange{hello, {504, "AUTH LOGIN"}}},
		{"garbled login", login, []exchange{hello, {501, "AUTH PLAIN ?"}}},
		{"wrong password", login, []exchange{hello, {535, "AUTH PLAIN AHVzZXIAd3Jvbmc="}, {530, from.line}}},
		{"login in two steps", login, []exchange{hello, {334, "AUTH PLAIN"}, {235, "AHVzZXIAc2VjcmV0"}, from, to}},
		{
			"the other login",
			mailtest.Options{Username: "user", Password: "secret", NoTLS: true, AuthLogin: true},
			[]exchange{hello, {504, "AUTH PLAIN"}, {334, "AUTH LOGIN"}, {334, "dXNlcg=="}, {235, "c2VjcmV0"}, from},
		},
		{
			"the other login, at once",
			mailtest.Options{Username: "user", Password: "secret", NoTLS: true, AuthLogin: true},
			[]exchange{hello, {334, "AUTH LOGIN dXNlcg=="}, {535, "d3Jvbmc="}},
		},
		{"two logins", login, []exchange{hello, {235, "AUTH PLAIN AHVzZXIAc2VjcmV0"}, {503, "AUTH PLAIN AHVzZXIAc2VjcmV0"}}},
		{
			"login without TLS",
			mailtest.Options{Username: "user", Password: "secret"},
			[]exchange{hello, {538, "AUTH PLAIN AHVzZXIAc2VjcmV0"}},
		},
		{"no STARTTLS", mailtest.Options{NoTLS: true}, []exchange{hello, {502, "STARTTLS"}}},
		{"nothing wrong", mailtest.Options{}, []exchange{{250, "HELO client"}, {250, "NOOP"}, from, to, {221, "QUIT"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := talk(t, start(t, tt.options))
			for _, e := range tt.say {
				c.say(e.code, e.line)
			}
		})
	}
}

func TestOffers(t *testing.T) {
	t.Parallel()
	login := mailtest.Options{Username: "user", MaxSize: 77}
	offer := talk(t, start(t, login)).say(250, "EHLO client")
	require.Contains(t, offer, "STARTTLS")
	require.Contains(t, offer, "SIZE 77")
	require.NotContains(t, offer, "AUTH", "not before TLS")
	login.NoTLS = true
	offer = talk(t, start(t, login)).say(250, "EHLO client")
	require.NotContains(t, offer, "STARTTLS")
	require.Contains(t, offer, "AUTH PLAIN")
}

func TestLinesEndInCRLF(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	c := talk(t, s)
	c.begin()
	_, err := c.W.WriteString("Subject: x\r\n\r\nx\n.\nMAIL FROM:<smuggled@example.com>\r\n")
	require.NoError(t, err)
	require.NoError(t, c.W.Flush())
	c.expect(500)
	require.Empty(t, s.Messages())
}

func TestLinesAreNotTooLong(t *testing.T) {
	t.Parallel()
	talk(t, start(t, mailtest.Options{})).say(500, "NOOP "+strings.Repeat("x", 3000))
}

func TestMailsAreNotTooLarge(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{MaxSize: 20})
	c := talk(t, s)
	c.begin()
	c.say(552, "Subject: x\r\n\r\nmuch too much\r\n.")
	require.Empty(t, s.Messages())
	c.begin()
	c.say(250, "Subject: x\r\n\r\nok\r\n.")
	require.Len(t, s.Messages(), 1)
}

func TestKeepsTheNewest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	now := time.Date(2026, 8, 22, 18, 0, 0, 0, time.UTC)
	s := start(t, mailtest.Options{Keep: 2, Folder: folder, Now: func() time.Time { return now }})
	c := talk(t, s)
	for i := range 3 {
		c.begin()
		c.say(250, fmt.Sprintf("Subject: mail %d\r\n\r\nx\r\n.", i+1))
	}
	messages := s.Messages()
	require.Len(t, messages, 2)
	require.Equal(t, []int{2, 3}, []int{messages[0].ID, messages[1].ID})
	require.Equal(t, now, messages[0].ReceivedAt)
	for i := range 3 {
		b, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("%04d.eml", i+1)))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("Delivered-To: to@example.com\r\nSubject: mail %d\r\n\r\nx\r\n", i+1), string(b))
	}
	s.Clear()
	require.Empty(t, s.Messages())
	require.NoError(t, os.RemoveAll(folder))
	c.begin()
	c.say(452, "Subject: lost\r\n\r\nx\r\n.")
	require.Empty(t, s.Messages())
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	s.Fail(mailtest.Fault{Kind: mailtest.Greylist, Recipient: "B@example.com", Times: 2},
		mailtest.Fault{Kind: mailtest.RefuseSender}, mailtest.Fault{Kind: mailtest.Slow, Delay: time.Nanosecond})
	c := talk(t, s)
	c.say(250, "EHLO client")
	c.say(550, "MAIL FROM:<from@example.com>")
	c.say(250, "MAIL FROM:<from@example.com>")
	c.say(250, "RCPT TO:<a@example.com>")
	c.say(451, "RCPT TO:<b@example.com>")
	c.say(451, "RCPT TO:<b@example.com>")
	c.say(250, "RCPT TO:<b@example.com>")
	c.say(354, "DATA")
	c.say(250, "Subject: x\r\n\r\nx\r\n.")
	require.Len(t, s.Messages(), 1)
	s.Fail(mailtest.Fault{Kind: mailtest.RefuseSender})
	s.Heal()
	c.say(250, "MAIL FROM:<from@example.com>")
}

// Faults can be there from the start, befall the mails to one address alone, and are told of. The file of a mail says whether
// its client was left without an answer.
func TestFaultsOfOneAddress(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	befell := make(chan mailtest.FaultKind, 2)
	s := start(t, mailtest.Options{
		Folder: folder, OnFault: func(f mailtest.Fault) { befell <- f.Kind },
		Faults: []mailtest.Fault{
			{Kind: mailtest.CloseBeforeReply, Recipient: "other@example.com"},
			{Kind: mailtest.CloseBeforeReply, Recipient: "TO@example.com"},
		},
	})
	c := talk(t, s)
	c.begin()
	require.NoError(t, c.PrintfLine("Subject: x\r\n\r\nx\r\n."))
	_, _, err := c.ReadResponse(250)
	require.ErrorIs(t, err, io.EOF)
	c = talk(t, s)
	c.begin()
	c.say(250, "Subject: x\r\n\r\nx\r\n.")
	require.Equal(t, mailtest.CloseBeforeReply, <-befell)
	require.Empty(t, befell)
	require.FileExists(t, filepath.Join(folder, "0001.unanswered.eml"))
	require.FileExists(t, filepath.Join(folder, "0002.eml"))
	messages := s.Messages()
	require.Equal(t, []bool{true, false}, []bool{messages[0].Unanswered, messages[1].Unanswered})
}

func TestStopEndsConversations(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	c := talk(t, s)
	s.Fail(mailtest.Fault{Kind: mailtest.Slow, Delay: time.Hour})
	c.begin()
	require.NoError(t, c.PrintfLine("Subject: x\r\n\r\nx\r\n."))
	s.Stop()
	s.Stop()
	_, _, err := c.ReadResponse(250)
	require.Error(t, err)
	_, err = net.Dial("tcp", s.Addr())
	require.Error(t, err)
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	for _, addr := range []string{"0.0.0.0:0", "192.0.2.1:0", ":0", "nowhere", s.Addr()} {
		_, err := mailtest.Start(mailtest.Options{Addr: addr})
		require.ErrorContains(t, err, "listen: ", addr)
	}
}

const letter = "From: a@example.com\r\nTo: b@example.com\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <b>\r\n" +
	"Content-Type: multipart/mixed; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n" +
	"--y\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<i>=3D</i>\r\n" +
	"--y\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>alert(1)</script><p>hi</p>\r\n--y--\r\n" +
	"--x\r\nContent-Type: text/html; name=\"a.html\"\r\nContent-Disposition: attachment; filename=\"a.html\"\r\n" +
	"Content-Transfer-Encoding: base64\r\n\r\nPHA+\r\n--x--\r\n"

// nested returns a multipart part nested to the given depth.
func nested(depth int) string {
	if depth == 0 {
		return "\r\n"
	}
	return fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%[1]d\r\n%s\r\n--b%[1]d--\r\n", depth,
		nested(depth-1))
}

func TestParse(t *testing.T) {
	t.Parallel()
	m, err := mailtest.Parse([]byte(letter))
	require.NoError(t, err)
	require.Equal(t, "Grüße <b>", m.Subject)
	require.Equal(t, "a@example.com", m.From[0].Address)
	require.Equal(t, "b@example.com", m.To[0].Address)
	require.Equal(t, "<i>=</i>", m.Text)
	require.Equal(t, "<script>alert(1)</script><p>hi</p>", m.HTML)
	require.Equal(t, []mailtest.Attachment{{Name: "a.html", ContentType: `text/html; name="a.html"`, Data: []byte("<p>")}},
		m.Attachments)

	_, err = mailtest.Parse([]byte(nested(8)))
	require.NoError(t, err)
	for name, s := range map[string]string{
		"no header":       "x",
		"bad sender":      "From: x\r\n\r\n",
		"bad type":        "Content-Type: ;\r\n\r\n",
		"bad encoding":    "Content-Transfer-Encoding: x\r\n\r\n",
		"bad base64":      "Content-Transfer-Encoding: base64\r\n\r\n???",
		"no end":          "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n",
		"nested too deep": nested(12),
	} {
		_, err := mailtest.Parse([]byte(s))
		require.Error(t, err, name)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	s := start(t, mailtest.Options{})
	web := httptest.NewServer(http.StripPrefix("/mail", s.Page()))
	t.Cleanup(web.Close)
	get := func(path string, status int) (string, http.Header) {
		res, err := http.Get(web.URL + path)
		require.NoError(t, err)
		defer res.Body.Close()
		require.Equal(t, status, res.StatusCode, path)
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return string(b), res.Header
	}
	body, _ := get("/mail/", http.StatusOK)
	require.Contains(t, body, "No mail has arrived yet.")

	c := talk(t, s)
	c.begin()
	c.say(250, strings.TrimSuffix(letter, "\r\n")+"\r\n.")
	c.begin()
	c.say(250, "Content-Type: ;\r\nSubject: second\r\n\r\nx\r\n.")

	body, header := get("/mail/", http.StatusOK)
	require.Less(t, strings.Index(body, `href="mails/2"`), strings.Index(body, `href="mails/1"`), "newest first")
	require.Contains(t, body, "Grüße &lt;b&gt;")
	require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")

	body, _ = get("/mail/mails/1", http.StatusOK)
	require.Contains(t, body, `<iframe src="1/html"`)
	require.Contains(t, body, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	require.Contains(t, body, "&lt;i&gt;=&lt;/i&gt;")
	require.Contains(t, body, `href="1/attachments/0"`)
	require.NotContains(t, body, "<script")

	body, header = get("/mail/mails/1/html", http.StatusOK)
	require.Contains(t, body, "<script>")
	for _, directive := range []string{"default-src 'none'", "sandbox allow-popups"} {
		require.Contains(t, header.Get("Content-Security-Policy"), directive)
	}
	require.NotContains(t, header.Get("Content-Security-Policy"), "allow-scripts")

	body, header = get("/mail/mails/1/attachments/0", http.StatusOK)
	require.Equal(t, "<p>", body)
	require.Equal(t, "attachment; filename=a.html", header.Get("Content-Disposition"))
	require.Equal(t, "application/octet-stream", header.Get("Content-Type"))

	body, header = get("/mail/mails/1/source", http.StatusOK)
	require.Equal(t, letter, body)
	require.Equal(t, "text/plain; charset=utf-8", header.Get("Content-Type"))

	body, _ = get("/mail/mails/2", http.StatusOK)
	require.Contains(t, body, "could not be taken apart")
	for _, path := range []string{"3", "x", "1/attachments/1", "1/attachments/-1", "1/attachments/x"} {
		get("/mail/mails/"+path, http.StatusNotFound)
	}
}
