package mails_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
)

const table = "\ufeffstate,order,order_id,kind\r\nfailed,#1,11,Timeout\r\nmixed,#2,12,\r\n"

// digest returns a mail with a text and the given attachments.
func digest(attachments ...string) []byte {
	lines := []string{
		"Message-ID: <one@example.com>", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=outer", "",
		"--outer", "Content-Type: multipart/alternative; boundary=inner", "",
		"--inner", "Content-Type: text/plain; charset=utf-8", "", "state,order,kind", "--inner--",
	}
	for _, a := range attachments {
		lines = append(lines, "--outer", a)
	}
	return []byte(strings.Join(append(lines, "--outer--", ""), "\r\n"))
}

func TestParseMail(t *testing.T) {
	t.Parallel()
	want := []mails.Row{{State: "failed", Order: "#1", Kind: "Timeout"}, {State: "mixed", Order: "#2"}}
	encoded := base64.StdEncoding.EncodeToString([]byte(table))
	for name, attachment := range map[string]string{
		"plain":            "Content-Type: text/csv\r\n\r\n" + table,
		"base64":           "Content-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded[:60] + "\r\n" + encoded[60:],
		"quoted-printable": "Content-Type: text/csv\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.ReplaceAll(table, "#", "=23"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := mails.Parse(digest(attachment))
			require.NoError(t, err)
			require.Equal(t, mails.Mail{MessageID: "<one@example.com>", Rows: want}, m)
		})
	}
	for name, content := range map[string][]byte{
		"no table":   digest(),
		"two tables": digest("Content-Type: text/csv\r\n\r\n"+table, "Content-Type: text/csv\r\n\r\n"+table),
		"no columns": digest("Content-Type: text/csv\r\n\r\nstate,order\r\n"),
		"no mail":    []byte("nothing"),
		"cut off":    digest("Content-Type: text/csv\r\n\r\n" + table)[:300],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mails.Parse(content)
			require.Error(t, err)
		})
	}
	_, err := mails.Parse(digest())
	require.ErrorIs(t, err, mails.ErrNotDigest)
}

func TestParseCard(t *testing.T) {
	t.Parallel()
	m, err := mails.ParseCard([]byte(strings.Join([]string{
		"Delivered-To: grace@example.com", "Message-ID: <one@example.com>", "To: Grace <somebody@example.com>", "MIME-Version: 1.0",
		"Content-Type: multipart/related; boundary=outer", "",
		"--outer", "Content-Type: multipart/alternative; boundary=inner", "",
		"--inner", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
		"Number of your card:", "", "    29000=", "00000018", "", "Value: $30.00",
		"--inner", "Content-Type: text/html; charset=utf-8", "", "<p>2900000000025</p>", "--inner--", "--outer--", "",
	}, "\r\n")))
	require.NoError(t, err)
	require.Equal(t, mails.Card{
		MessageID: "<one@example.com>", To: []string{"grace@example.com"},
		Words: []string{"Number", "of", "your", "card:", "2900000000018", "Value:", "$30.00"},
	}, m)
	_, err = mails.ParseCard([]byte("Content-Type: text/html\r\n\r\nx"))
	require.ErrorContains(t, err, "no text")
	_, err = mails.ParseCard([]byte("nothing"))
	require.Error(t, err)
}
