package privacy

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/privacy"
)

// removals are the histories that a command has removed.
type removals struct{ orders, polls []string }

func (r *removals) Redact(_ context.Context, workflowID, _ string) (int, error) {
	if workflowID == "broken" {
		return 1, errors.New("out of order")
	}
	r.orders = append(r.orders, workflowID)
	return 2, nil
}

func (r *removals) Remove(_ context.Context, workflowID, _ string) error {
	r.polls = append(r.polls, workflowID)
	return nil
}

func order(name, workflowID, kept string) privacy.Order {
	return privacy.Order{
		Order: executions.Order{Name: name, ID: "1", WorkflowID: workflowID, State: executions.Failed}, Histories: 1, Kept: kept,
	}
}

func TestRedact(t *testing.T) {
	t.Parallel()
	done := order("#1", "done", "")
	for name, tt := range map[string]struct {
		found   privacy.Found
		search  search
		typed   string
		removed removals
		out     string
		err     string
		asked   string
	}{
		"nothing": {
			out: "0 orders redacted, 0 histories removed\n", asked: "no history holds",
		},
		"yes": {
			found: privacy.Found{Orders: []privacy.Order{done}, Polls: []privacy.Poll{{WorkflowID: "poll"}}}, typed: "y\n",
			removed: removals{[]string{"done"}, []string{"poll"}}, out: "1 order redacted, 3 histories removed\n",
			asked: "Remove the histories of 1 order, and 1 history of polls, messages and events? ",
		},
		"messages and events": {
			found: privacy.Found{Others: []privacy.Other{
				{What: "events of order 7", Poll: privacy.Poll{WorkflowID: "relay"}},
				{What: "messages of order 7", Poll: privacy.Poll{WorkflowID: "open", Kept: "it is running"}},
			}},
			search: search{yes: true}, removed: removals{polls: []string{"relay"}}, asked: "events of order 7",
			out: "0 orders redacted, 1 history removed\n", err: "remain: messages of order 7: it is running",
		},
		"no": {found: privacy.Found{Orders: []privacy.Order{done}}, typed: "n\n", err: cli.ErrDeclined.Error()},
		"dry run": {
			found: privacy.Found{Orders: []privacy.Order{done}}, search: search{dryRun: true}, asked: "nothing was removed",
		},
		"some stay": {
			found: privacy.Found{
				Orders: []privacy.Order{done, order("#2", "failed", "it failed")},
				Polls:  []privacy.Poll{{WorkflowID: "newest", Kept: "it is the newest"}},
			},
			search: search{yes: true}, removed: removals{orders: []string{"done"}},
			out: "1 order redacted, 2 histories removed\n", err: "remain: it failed; a poll: it is the newest",
			asked: "run: giftbridge orders settle 1 --note WHY",
		},
		"one fails": {
			found: privacy.Found{Orders: []privacy.Order{order("#0", "broken", ""), done}}, search: search{yes: true},
			removed: removals{orders: []string{"done"}}, out: "1 order redacted, 3 histories removed\n", err: "out of order",
		},
		"unreadable": {
			found: privacy.Found{Unreadable: []privacy.Poll{{Link: "https://ui", Kept: "cannot be read"}}}, search: search{yes: true},
			out: "0 orders redacted, 0 histories removed\n", err: "1 history cannot be read, and may hold the data too",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, asked bytes.Buffer
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			cmd.SetOut(&out)
			cmd.SetErr(&asked)
			cmd.SetIn(strings.NewReader(tt.typed))
			s := tt.search
			s.flags, s.customer = &cli.Flags{}, "7001"
			_, _, err := s.read(cmd)
			require.NoError(t, err)
			var did removals
			err = s.redact(t.Context(), &did, &tt.found)
			if tt.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.err)
			}
			require.Equal(t, tt.removed, did)
			require.Equal(t, tt.out, out.String())
			require.Contains(t, asked.String(), tt.asked)
		})
	}
}

// The address may come from standard input, where the answer to the question follows it. No error repeats it.
func TestSearchFlags(t *testing.T) {
	t.Parallel()
	cmd := &cobra.Command{}
	cmd.SetIn(strings.NewReader("ann@example.com\ny\n"))
	s := search{email: "-", since: "7d"}
	p, since, err := s.read(cmd)
	require.NoError(t, err)
	require.Equal(t, privacy.Person{Email: "ann@example.com"}, p)
	require.False(t, since.IsZero())
	rest, err := s.in.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "y\n", rest)
	for _, s := range []search{{}, {customer: "ann@secret"}, {email: "ann at secret"}, {phone: "secret 555"}, {customer: "1", since: "soon"}} {
		_, _, err := s.read(&cobra.Command{})
		var usage *cli.UsageError
		require.ErrorAs(t, err, &usage)
		require.NotContains(t, err.Error(), "secret")
	}
}
