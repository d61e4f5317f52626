package spending

import (
	"bytes"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

const id = "3f2a6c1e9d0b4a57886f1c2d3e4f5a6b"

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// found is a redemption in a state.
func found(s redemption.State) redemptions.Found {
	return redemptions.Found{
		Redemption: &workflows.Redemption{Client: "checkout", Redemption: redemption.Redemption{
			ID: id, State: s, Amount: "20.00", Currency: "EUR", Order: "#2001", AcceptedAt: noon, SettledAt: noon.Add(time.Minute),
		}},
		Card: "card/acme/1", Link: "http://localhost:8233/card",
	}
}

// reversing is a redemption that was taken, with an attempt to give it back.
func reversing(s redemption.State) redemptions.Found {
	f := found(redemption.Succeeded)
	f.Taken = "20.00"
	f.Reversal = &workflows.Reversal{ID: "r", State: s, AskedAt: noon, Problem: map[redemption.State]redemption.Type{
		redemption.Declined: redemption.IssuerUnavailable,
	}[s]}
	return f
}

func command() (*cobra.Command, *bytes.Buffer) {
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	return cmd, &out
}

// Each state has words of its own.
func TestState(t *testing.T) {
	t.Parallel()
	declined := found(redemption.Declined)
	declined.Problem = &redemption.Problem{Type: redemption.InsufficientBalance}
	denied := found(redemption.Succeeded)
	denied.Contradicted = true
	for want, f := range map[string]redemptions.Found{
		"under way":                      found(redemption.Accepted),
		"succeeded":                      found(redemption.Succeeded),
		"declined: insufficient_balance": declined,
		"unknown":                        found(redemption.Unknown),
		"reversed":                       found(redemption.Reversed),
		"succeeded, is being given back": reversing(redemption.Accepted),
		"succeeded, unknown whether it was given back":  reversing(redemption.Unknown),
		"succeeded, not given back: issuer_unavailable": reversing(redemption.Declined),
		"succeeded, contradicted by the issuer":         denied,
	} {
		require.Equal(t, want, state(f))
	}
}

// What is printed of a redemption says what to do about it.
func TestPrintOne(t *testing.T) {
	t.Parallel()
	f := found(redemption.Unknown)
	f.Taken = "12.50"
	f.Bought = &redemptions.Bought{Name: "#1001", Unit: 2}
	cmd, out := command()
	require.NoError(t, printOne(cmd.OutOrStdout(), f))
	require.Equal(t, `redemption  checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b
state       unknown
amount      12.50 EUR of 20.00 EUR
order       #2001
accepted    2026-07-01T12:00:00Z
settled     2026-07-01T12:01:00Z
card of     #1001, card 2
record      http://localhost:8233/card
what to do  look up at the issuer whether the amount was taken off the card, under the reference `+id+
		", then: giftbridge cards resolve checkout/"+id+" --moved --reason WHY, or with --not-moved\n", out.String())
	require.Contains(t, advice(reversing(redemption.Unknown)), "was given back")
	require.Empty(t, advice(found(redemption.Succeeded)))
	f = found(redemption.Succeeded)
	f.Contradicted = true
	f.Resolved = &workflows.RedemptionResolution{Moved: true, By: "ann@desk", Reason: "ticket 4711", At: noon}
	require.Contains(t, advice(f), "it was not this redemption")
	require.Equal(t, "moved, says ann@desk at 2026-07-01T12:00:00Z: ticket 4711", resolved(f))
}

func TestNoted(t *testing.T) {
	t.Parallel()
	both := reversing(redemption.Unknown)
	both.Contradicted = true
	denied := found(redemption.Succeeded)
	denied.Contradicted, denied.ID = true, "0b4a57886f1c2d3e4f5a6b3f2a6c1e9d"
	noted := redemptions.Noted{Unknown: []redemptions.Found{both}, Contradicted: []redemptions.Found{both, denied}}
	cmd, out := command()
	require.NoError(t, viewer{cmd: cmd, flags: &cli.Flags{}}.noted(noted))
	require.Equal(t, 2, bytes.Count(out.Bytes(), []byte("checkout/")), out.String())
	cmd, out = command()
	require.NoError(t, viewer{cmd: cmd, flags: &cli.Flags{JSON: true}}.noted(redemptions.Noted{}))
	require.JSONEq(t, "{}", out.String())
	cmd, out = command()
	require.NoError(t, viewer{cmd: cmd, flags: &cli.Flags{}}.noted(redemptions.Noted{}))
	require.Equal(t, "no redemption is unknown\n", out.String())
}

// A command that was to give something back fails unless that has happened, and says what is left to do.
func TestOutcomeOfAReversal(t *testing.T) {
	t.Parallel()
	for says, f := range map[string]redemptions.Found{
		"":                               found(redemption.Reversed),
		"was not given back":             reversing(redemption.Declined),
		"it is unknown whether":          reversing(redemption.Unknown),
		"the issuer has not answered":    reversing(redemption.Accepted),
		"the issuer has not answered ye": found(redemption.Succeeded),
	} {
		cmd, out := command()
		err := outcome(cmd, &cli.Flags{}, f)
		require.Contains(t, out.String(), "redemption checkout/"+id+": ")
		if says == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
	}
	cmd, out := command()
	require.NoError(t, outcome(cmd, &cli.Flags{JSON: true}, found(redemption.Reversed)))
	require.Contains(t, out.String(), `"state": "reversed"`)
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	cmd, out := command()
	require.NoError(t, recorded(cmd, &cli.Flags{}, found(redemption.Succeeded)))
	require.Equal(t, "redemption checkout/"+id+": succeeded\n", out.String())
	require.ErrorContains(t, recorded(cmd, &cli.Flags{}, found(redemption.Unknown)), "takes effect once a worker runs")
	cmd, out = command()
	require.NoError(t, recorded(cmd, &cli.Flags{JSON: true}, found(redemption.Declined)))
	require.Contains(t, out.String(), `"client": "checkout"`)
}

// The question says what an answer means.
func TestVerdict(t *testing.T) {
	t.Parallel()
	f := found(redemption.Unknown)
	about := "Redemption checkout/" + id + " for order #2001: 20.00 EUR "
	require.Equal(t, about+"was taken off the card.", verdict(f, redemptions.Taking, true))
	require.Equal(t, about+"was not taken off the card, and can be spent again.", verdict(f, redemptions.Taking, false))
	require.Equal(t, about+"was given back to the card.", verdict(f, redemptions.GivingBack, true))
	require.Equal(t, about+"was not given back to the card.", verdict(f, redemptions.GivingBack, false))
}
