package sending

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/memory"
	"github.com/giftbridge/giftbridge/internal/relayed/replaying"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// What a replay is asked for must be said, and be possible.
func TestSelection(t *testing.T) {
	t.Parallel()
	for says, a := range map[string]asked{
		"say which events":           {perSecond: 10},
		"--id needs an event":        {id: "#1001", perSecond: 10},
		"--topic needs a topic":      {since: "1h", topic: "orders", perSecond: 10},
		"--rate 0":                   {since: "1h"},
		"--rate 101":                 {since: "1h", perSecond: 101},
		"--until needs --since":      {of: "#1001", until: "1h", perSecond: 10},
		"there is no endpoint":       {since: "1h", endpoint: "erp", perSecond: 10},
		`--since "yesterday"`:        {since: "yesterday", perSecond: 10},
		`--until "tomorrow"`:         {since: "1h", until: "tomorrow", perSecond: 10},
		"--until is not after":       {since: "1h", until: "2h", perSecond: 10},
		"there is no endpoint \"\\n": {since: "1h", endpoint: "\n", perSecond: 10},
	} {
		_, err := a.selection(noon)
		require.ErrorContains(t, err, strings.TrimSuffix(says, "\\n"))
		_, wrong := errors.AsType[*cli.UsageError](err)
		require.True(t, wrong, says)
	}
	s, err := asked{since: "2h", until: "1h", topic: "orders/create", endpoint: "orders", perSecond: 1}.selection(noon)
	require.NoError(t, err)
	require.Equal(t, replaying.Selection{
		Endpoint: "orders", Topic: "orders/create", Since: noon.Add(-2 * time.Hour), Until: noon.Add(-time.Hour),
	}, s)
}

// boxes are mailboxes in memory.
type boxes struct{ put []string }

func (b *boxes) Put(_ context.Context, endpoint, resource string, e relaying.Event) error {
	b.put = append(b.put, endpoint+"/"+resource+" "+e.ID)
	return nil
}

// run replays an order with two events.
func run(t *testing.T, a asked, flags *cli.Flags, answer string) (b *boxes, out string, err error) {
	t.Helper()
	c := &memory.Temporal{Runs: []memory.Run{memory.Delivered("orders", "7", "one", noon,
		relaying.Event{ID: "evt_aaaaaaaaaaaaaaaa", Topic: "orders/create", Body: "{}"},
		relaying.Event{ID: "evt_bbbbbbbbbbbbbbbb", Topic: "orders/paid", Body: "{}"})}}
	o := relayed.New(executions.New(c, "default", new(codec.Codec), ""), "ann")
	b = &boxes{}
	var printed bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&printed)
	cmd.SetErr(&printed)
	cmd.SetIn(strings.NewReader(answer))
	cmd.SetContext(t.Context())
	err = replay{cmd: cmd, flags: flags, asked: a, relay: o, sender: replaying.New(o, b)}.run(t.Context(),
		replaying.Selection{Event: a.id, Until: noon.Add(time.Hour)})
	return b, printed.String(), err
}

func TestReplay(t *testing.T) {
	t.Parallel()
	of := asked{of: "orders/7", perSecond: 100}
	b, out, err := run(t, of, &cli.Flags{}, "y\n")
	require.NoError(t, err)
	require.Contains(t, out, "Send 2 events once more, at up to 100 per second? [y/N]")
	require.Equal(t, []string{"orders/7 evt_aaaaaaaaaaaaaaaa", "orders/7 evt_bbbbbbbbbbbbbbbb"}, b.put)
	b, _, err = run(t, of, &cli.Flags{}, "n\n")
	require.ErrorIs(t, err, cli.ErrDeclined)
	require.Empty(t, b.put)
	of.dryRun = true
	b, out, err = run(t, of, &cli.Flags{}, "")
	require.NoError(t, err)
	require.Empty(t, b.put)
	require.Contains(t, out, "2 events would be sent once more")
	require.Contains(t, out, "evt_aaaaaaaaaaaa\n")
	_, out, err = run(t, of, &cli.Flags{JSON: true}, "")
	require.NoError(t, err)
	var told sent
	require.NoError(t, json.Unmarshal([]byte(out), &told))
	require.Len(t, told.Events, 2)
	require.True(t, told.DryRun)
	_, _, err = run(t, asked{id: "evt_aaaaaaaaaaaaaaaa", perSecond: 1}, &cli.Flags{}, "")
	require.ErrorContains(t, err, "to send one that was taken, name its order or product with --of")
	_, _, err = run(t, asked{of: "orders/7", id: "evt_cccccccccccccccc", perSecond: 1}, &cli.Flags{}, "")
	require.ErrorContains(t, err, "is found there")
}

// A replay that ended early says how to go on, without what it has sent itself.
func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	items := []replaying.Item{{At: noon}, {At: noon.Add(time.Minute)}}
	err := replay{}.stopped(ctx, replaying.Selection{Since: noon, Until: noon.Add(time.Hour + 5)}, items, 1, ctx.Err())
	require.EqualError(t, err, "interrupted; 1 of 2 events were put into mailboxes; to go on, run the command again with "+
		"--since 2026-07-01T12:01:00Z --until 2026-07-01T13:00:00.000000005Z")
	s, err := asked{since: "2026-07-01T12:01:00Z", until: "2026-07-01T13:00:00.000000005Z", perSecond: 1}.selection(noon.Add(2 * time.Hour))
	require.NoError(t, err)
	require.Equal(t, replaying.Selection{Since: noon.Add(time.Minute), Until: noon.Add(time.Hour + 5)}, s)
}

// endpoint answers a test event.
type endpoint struct {
	err  error
	sent relay.Event
}

func (e *endpoint) Post(_ context.Context, sent relay.Event) (relay.Answer, error) {
	e.sent = sent
	return relay.Answer{Status: 202}, e.err
}

// A test says how far its event came.
func TestTry(t *testing.T) {
	t.Parallel()
	e := &endpoint{}
	got := try(t.Context(), e, "https://erp.example.com/hook?key=secret", "orders", "example.myshopify.com")
	require.True(t, got.Taken)
	require.Equal(t, "erp.example.com", got.Host)
	require.Equal(t, 202, got.Status)
	require.Contains(t, string(e.sent.Body), `"test":true`)
	require.Equal(t, testTopic, e.sent.Topic)
	for _, tt := range []struct {
		err          error
		address, tls string
		advice       string
	}{
		{&relay.Error{Outcome: relay.Blocked, Err: errors.New("private")}, failed, unknown, "RELAY_ALLOWED_NETWORKS"},
		{&relay.Error{Outcome: relay.Unavailable, Err: &tls.CertificateVerificationError{Err: io.EOF}}, fine, failed, "RELAY_CA_FILE"},
		{&relay.Error{Outcome: relay.Unavailable, Err: io.EOF}, unknown, unknown, "the network between"},
		{&relay.Error{Outcome: relay.Refused, Status: 401}, fine, fine, "RELAY_SECRETS"},
		{&relay.Error{Outcome: relay.Refused, Status: 404}, fine, fine, "path of the URL"},
		{&relay.Error{Outcome: relay.Refused, Status: 422}, fine, fine, "a topic that it does not know"},
		{&relay.Error{Outcome: relay.Gone, Status: 410}, fine, fine, "no events at this URL"},
		{&relay.Error{Outcome: relay.Unavailable, Status: 302}, fine, fine, "redirects"},
		{&relay.Error{Outcome: relay.Unavailable, Status: 500}, fine, fine, "ask the people"},
	} {
		got := try(t.Context(), &endpoint{err: tt.err}, "https://erp.example.com/hook?key=secret", "orders", "")
		require.False(t, got.Taken)
		require.Equal(t, []string{tt.address, tt.tls}, []string{got.Address, got.TLS}, tt.err)
		require.Contains(t, got.Advice, tt.advice)
		var out bytes.Buffer
		require.NoError(t, got.print(&out))
		require.NotContains(t, out.String(), "secret")
	}
	require.Equal(t, none, try(t.Context(), e, "http://localhost:1/", "orders", "").TLS)
}

// A secret is new each time, and one that Standard Webhooks takes.
func TestNewSecret(t *testing.T) {
	t.Parallel()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(newSecret(), "whsec_"))
	require.NoError(t, err)
	require.Len(t, key, secretBytes)
	first, second := newSecret(), newSecret()
	require.NotEqual(t, first, second)
}
