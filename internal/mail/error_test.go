package mail_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
)

// private are texts that no error may contain.
var private = []string{username, password, "example.com", "example.org", "example.net", "Ada", "c3RhcGxl"}

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

// The end of the context ends a conversation at any step, even if the server has stopped responding.
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
