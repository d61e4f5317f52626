package activities

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// The failure names the order, but not the address.
func TestIssueCardToSeveralAddresses(t *testing.T) {
	t.Parallel()
	in := cardInput()
	in.Recipient.Email = "grace@example.com\r\nRCPT TO:<eve@example.com>"
	_, err := cardRequest(in)
	err = failure(t.Context(), "order "+in.OrderName+", card 1", err, 0)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(giftcard.InvalidRequest), app.Type())
	require.Equal(t, "order "+in.OrderName+", card 1: the recipient's e-mail address contains an invisible character",
		app.Message())
}

// Whatever a service says, a failure is one line of bounded length that cannot affect a terminal.
func TestFailureIsOneHarmlessLine(t *testing.T) {
	t.Parallel()
	hostile := "\x1b]0;x\x07\u202e\u200b\r\n" + strings.Repeat("x", 5000)
	err := failure(t.Context(), "order #1", errors.New(hostile), untilTimeout)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.LessOrEqual(t, utf8.RuneCountInString(app.Message()), maxMessage)
	require.NotContains(t, app.Message(), "\n")
	for _, r := range app.Message() {
		require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
	}
}
