package mischief_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
)

// Each trouble befalls one mail of its order, also if the mail server is killed after that.
func TestTroubledMails(t *testing.T) {
	t.Parallel()
	m := mischief.Mails{Folder: t.TempDir(), Troubles: []plan.MailTrouble{
		{What: plan.MailUnanswered, Order: 1, Address: "one@example.com"},
		{What: plan.MailRefused, Order: 2, Address: "two@example.com"},
		{What: plan.MailRefused, Order: 3, Address: "three@example.com"},
	}}
	one := mailtest.Fault{Kind: mailtest.CloseBeforeReply, Recipient: "one@example.com"}
	two := mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: "two@example.com"}
	three := mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: "three@example.com"}
	require.Equal(t, []mailtest.Fault{one, two, three}, m.Faults())
	require.Empty(t, m.Befallen())
	m.OnFault(two)
	m.OnFault(one)
	m.OnFault(mailtest.Fault{Kind: mailtest.Down})
	again := mischief.Mails{Folder: m.Folder, Troubles: m.Troubles}
	require.Equal(t, []mailtest.Fault{three}, again.Faults())
	require.Equal(t, map[plan.What]int{plan.MailUnanswered: 1, plan.MailRefused: 1}, again.Befallen())
	require.Panics(t, func() { mischief.Mails{Folder: "/nowhere/at/all", Troubles: m.Troubles}.OnFault(one) })
}
