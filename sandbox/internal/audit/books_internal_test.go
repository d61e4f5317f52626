package audit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
)

// Digests and mails with cards lie in one folder for each start of the mail server. An unanswered mail is known by its name,
// and the last one of a server that was killed may be one.
func TestReadMails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) {
		file := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
	const card, digest = "Content-Type: text/plain\r\n\r\n", "Content-Type: text/csv\r\n\r\nstate,order,kind\r\nfailed,#1,Timeout\r\n"
	write("001/0001.eml", card+"a")
	write("001/0002.unanswered.eml", card+"b")
	write("001/0003.eml", card+"c")
	write("002/0001.eml", digest)
	write("002/0002.eml", card+"d")
	write("befallen/notes", "no mail")
	var b Books
	require.NoError(t, b.readMails(folder))
	require.Equal(t, []mails.Mail{{Rows: []mails.Row{{State: "failed", Order: "#1", Kind: "Timeout"}}}}, b.Mails)
	require.Equal(t, []mails.Card{
		{Words: []string{"a"}},
		{Words: []string{"b"}, Unanswered: true},
		{Words: []string{"c"}, Unanswered: true},
		{Words: []string{"d"}},
	}, b.CardMails)
	write("002/0003.eml", "nothing")
	require.ErrorContains(t, b.readMails(folder), "0003.eml")
}
