package e2e_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/privacy"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// What was relayed about a person's order, and what the person was told, is found. What is over can be removed, and nobody else's is.
func TestPrivacyOfMessagesAndEvents(t *testing.T) {
	t.Parallel()
	e := startRelaying(t, stack.Options{Messages: true}, relaytest.Options{})
	hers, his := e.buyer(1), e.boughtBy(7002, "NOBODY", "bob@example.com")
	e.await("the receipt", func() bool { return len(e.Sonar.Deliveries()) == 1 })
	mine := strconv.FormatInt(hers.ID, 10)
	e.awaitListed("orders/" + mine)
	e.awaitListed("orders/" + strconv.FormatInt(his.ID, 10))

	var found privacy.Found
	what := func(args ...string) (all []string) {
		t.Helper()
		found = decoded[privacy.Found](e.system, append([]string{"privacy", "find"}, args...)...)
		require.Empty(t, found.Unreadable)
		for _, o := range found.Others {
			if o.Kept != "" {
				o.What = "still " + o.What
			}
			all = append(all, o.What)
		}
		return all
	}
	hersAll := []string{"still messages of order " + mine, "events of order " + mine}
	e.await("hers are found", func() bool {
		all := what("--phone", "+1 415-555-0134")
		return strings.Contains(strings.Join(all, "\n"), hersAll[0]) && strings.Contains(strings.Join(all, "\n"), hersAll[1])
	})
	for _, o := range found.Others {
		require.NotContains(t, o.What, strconv.FormatInt(his.ID, 10))
	}
	require.NotEmpty(t, what("--email", "bob@example.com"))

	e.await("removed", func() bool {
		out := e.starter(nil, "privacy", "redact", "--phone", "+14155550134", "--yes")
		require.Equal(t, cli.ExitFailure, out.code, "her messages remain until they have ended")
		require.Contains(t, out.stderr, "its customer may still be told something")
		return len(what("--phone", "+14155550134")) == 1
	})
	require.Equal(t, hersAll[:1], what("--phone", "+14155550134"))
	require.NotEmpty(t, what("--email", "bob@example.com"), "nobody else's")
}
