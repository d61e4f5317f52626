package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// With Temporal's database but without the key, nothing about a customer can be read; with the key, everything can.
func TestEncryption(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	placed := w.place(scenario.ForAFriend, scenario.SeveralUnits, scenario.UnknownMerchant)
	poll := w.polled()
	w.settle(len(placed))
	w.requireBalance()

	kept := []string{w.history(poll.WorkflowID, poll.RunID).String()}
	for _, p := range placed {
		kept = append(kept, w.history(orderID(p), "").String())
		d, err := w.plain.DescribeWorkflowExecution(w.ctx, orderID(p), "")
		require.NoError(t, err)
		kept = append(kept, d.String())
	}
	schedules, err := w.plain.WorkflowService().DescribeSchedule(w.ctx, &workflowservice.DescribeScheduleRequest{
		Namespace: w.Temporal.Namespace(), ScheduleId: "poll-orders",
	})
	require.NoError(t, err)
	kept = append(kept, schedules.String())
	for _, k := range kept {
		require.Contains(t, k, "binary/encrypted")
		for _, secret := range []string{
			"example.com", "buyer-", "friend-", "Grandma", "Thanks so much", "Widget Store", "Stranger", "recipient",
			"is not one of CashStar",
		} {
			require.NotContains(t, k, secret)
		}
	}

	require.Contains(t, w.ok("orders", "show", placed[2].Name), "MerchantUnknown: order #1003")
	require.Contains(t, w.ok("orders", "show", "#1001"), "card 1")
	changes, err := w.Operator.EnsureSchedules(w.ctx, settings.Ensure{Yes: true})
	require.NoError(t, err)
	for _, c := range changes {
		require.Equal(t, installation.Unchanged, c.Did, "%s: every encryption of the same is different", c.What)
	}
}

// The Web UI knows where to have payloads decoded, and is served without a token of its own. No other client is.
func TestWebUIReadsWhatIsEncrypted(t *testing.T) {
	t.Parallel()
	w := startWithUI(t, stack.Options{})
	p := w.PlaceKind(scenario.ForAFriend)
	w.poll()
	w.show(p, executions.Completed)
	input := w.history(orderID(p), "").GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	require.Equal(t, codec.Encoding, string(input.GetPayloads()[0].GetMetadata()["encoding"]))
	require.NotContains(t, input.String(), "Grandma")
	body, err := protojson.Marshal(input)
	require.NoError(t, err)

	var settings struct{ Codec struct{ Endpoint string } }
	require.NoError(t, json.Unmarshal(w.request(http.MethodGet, w.Temporal.UIURL()+"/api/v1/settings", nil, nil).body, &settings))
	decode := func(endpoint, origin, authorization string) answer {
		return w.request(http.MethodPost, endpoint+"/decode?preserveStorageRefs=true", body, http.Header{
			"Content-Type": {"application/json"}, "X-Namespace": {"default"},
			"Origin": {origin}, "Authorization": {authorization},
		})
	}
	page := w.Temporal.UIURL()
	out := decode(settings.Codec.Endpoint, page, "")
	require.Equal(t, http.StatusOK, out.status)
	require.Equal(t, page, out.header.Get("Access-Control-Allow-Origin"))
	var opened commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(out.body, &opened))
	require.Contains(t, string(opened.GetPayloads()[0].GetData()), "Grandma")

	bearer := "Bearer " + w.Config.Codec.Token.Reveal()
	require.Equal(t, http.StatusOK, decode(w.CodecEndpoint, "", bearer).status)
	for _, refused := range []answer{
		decode(settings.Codec.Endpoint, "", ""),
		decode(settings.Codec.Endpoint, "https://evil.example", ""),
		decode(settings.Codec.Endpoint, "null", ""),
		decode(w.CodecEndpoint, page, ""),
		decode(w.CodecEndpoint, "https://evil.example", bearer),
	} {
		require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, refused.status)
		require.NotContains(t, string(refused.body), "Grandma")
	}
	require.Contains(t, w.Environ(), "TEMPORAL_CODEC_ENDPOINT="+w.CodecEndpoint)
	require.Contains(t, w.Environ(), "TEMPORAL_CODEC_AUTH="+bearer)
}

// answer is an HTTP answer whose body has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// request sends an HTTP request to the stack. Empty headers are omitted.
func (w *system) request(method, url string, body []byte, header http.Header) answer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, method, url, bytes.NewReader(body))
	require.NoError(w.t, err)
	for name, values := range header {
		if values[0] != "" {
			r.Header[name] = values
		}
	}
	client := http.Client{Timeout: 10 * time.Second}
	out, err := client.Do(r)
	require.NoError(w.t, err)
	defer out.Body.Close()
	read, err := io.ReadAll(out.Body)
	require.NoError(w.t, err)
	return answer{status: out.StatusCode, header: out.Header, body: read}
}

// State kept in a file is readable after a restart, because its key is kept beside it, readable only by its owner. The
// file is SQLite's, whichever store the other tests use.
func TestStateIsKeptWithItsKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "temporal.db")
	w := start(t, stack.Options{DBFile: file})
	p := w.PlaceKind(scenario.ForAFriend)
	w.poll()
	before := w.show(p, executions.Completed)
	require.NoError(t, w.Stop())
	key, err := os.Stat(file + ".key")
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), key.Mode().Perm())

	again := start(t, stack.Options{DBFile: file})
	require.Equal(t, before.Result, again.show(p, executions.Completed).Result)
}
