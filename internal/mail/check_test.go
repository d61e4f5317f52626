package mail_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

// A check sends every command that precedes a mail, and none of a mail.
func TestCheck(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var said []string
	s := start(t, mailtest.Options{Username: username, Password: password, OnCommand: func(verb string) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, verb)
	}})
	o := options(s)
	o.Username, o.Password = username, password
	require.NoError(t, sender(t, o).Check(t.Context()))
	s.Stop()
	require.Empty(t, s.Messages())
	require.Equal(t, []string{"", "EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"}, said)
}

func TestCheckFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		server mailtest.Options
		change func(*mail.Options)
		op     mail.Op
		code   int
	}{
		{"a wrong password", mailtest.Options{}, func(o *mail.Options) { o.Password = "wrong" }, mail.OpLogin, 535},
		{"no STARTTLS", mailtest.Options{NoTLS: true}, func(*mail.Options) {}, mail.OpTLS, 0},
		{"an unknown authority", mailtest.Options{}, func(o *mail.Options) { o.RootCAs = nil }, mail.OpTLS, 0},
		{"nobody", mailtest.Options{}, func(o *mail.Options) { o.Port = 1 }, mail.OpConnect, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.server.Username, tt.server.Password = username, password
			o := options(start(t, tt.server))
			o.Username, o.Password = username, password
			tt.change(&o)
			err := sender(t, o).Check(t.Context())
			var e *mail.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tt.op, e.Op)
			require.Equal(t, tt.code, e.Code)
			require.NotContains(t, e.Error(), username)
			require.NotContains(t, e.Error(), password)
		})
	}
}
