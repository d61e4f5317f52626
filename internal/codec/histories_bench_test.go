package codec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// BenchmarkHistories prints the bytes of histories with encrypted payloads, and with payloads that are compressed before. The histories
// are recorded ones. That of the relay gets the shop's own example of an order instead of its small body.
func BenchmarkHistories(b *testing.B) {
	for _, name := range []string{
		"GiftCardOrder/one-card", "GiftCardOrder/more-cards-than-at-once", "PollOrders/with-merchants", "OrderMessages/told", "Relay/one",
	} {
		b.Run(name, func(b *testing.B) {
			h := recorded(b, name)
			settings := ops.Payload{Encryption: ops.EncryptionOn, Keys: []ops.PayloadKey{key("a", "1")}}
			var before, after int
			for b.Loop() {
				settings.Compress = false
				before = sealedSize(b, h, settings)
				settings.Compress = true
				after = sealedSize(b, h, settings)
			}
			b.ReportMetric(float64(before), "bytes-before")
			b.ReportMetric(float64(after), "bytes-after")
		})
	}
}

func recorded(b *testing.B, name string) *historypb.History {
	b.Helper()
	file, err := os.Open("../../workflows/testdata/history/" + name + ".json")
	require.NoError(b, err)
	defer func() { require.NoError(b, file.Close()) }()
	h, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	require.NoError(b, err)
	body, err := os.ReadFile("../webhook/testdata/bodies/orders-create-2026-04.json")
	require.NoError(b, err)
	text, err := json.Marshal(string(body))
	require.NoError(b, err)
	visit(b, h, func(p []*commonpb.Payload) ([]*commonpb.Payload, error) {
		for _, one := range p {
			one.Data = bytes.Replace(one.GetData(), []byte(`"body":"{\"id\":7,\"n\":1}"`), append([]byte(`"body":`), text...), 1)
		}
		return p, nil
	})
	return h
}

// sealedSize returns the bytes of a history whose payloads are encrypted.
func sealedSize(b *testing.B, h *historypb.History, settings ops.Payload) int {
	b.Helper()
	c, err := codec.New(settings, "gift-cards")
	require.NoError(b, err)
	sealed := proto.CloneOf(h)
	visit(b, sealed, c.Encode)
	return proto.Size(sealed)
}

func visit(b *testing.B, h *historypb.History, do func([]*commonpb.Payload) ([]*commonpb.Payload, error)) {
	b.Helper()
	require.NoError(b, proxy.VisitPayloads(b.Context(), h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor:              func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) { return do(p) },
	}))
}
