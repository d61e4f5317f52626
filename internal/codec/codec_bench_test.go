package codec_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// commonOrder returns an order of one card for another person, as a workflow receives it.
func commonOrder() giftcard.Order {
	return giftcard.Order{
		Shop: "example.myshopify.com", ID: "5000000000001", Name: "#1001",
		CreatedAt: time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC),
		Customer:  giftcard.Customer{ID: "77", DisplayName: "Widget Store 01"},
		Lines: []giftcard.Line{{
			ID: "14000000000001", SKU: "GIFT-50", Units: 1, Price: "50.0", Currency: "USD",
			Recipient: giftcard.Recipient{
				Email: "grace@example.com", Name: "Grace", Message: "Thanks so much for everything.", From: "Ada Example",
			},
		}},
	}
}

func BenchmarkEncode(b *testing.B) {
	plain, err := converter.GetDefaultDataConverter().ToPayload(commonOrder())
	require.NoError(b, err)
	c := newCodec(b, ops.EncryptionOn, key("a", "1"))
	in := one(plain)
	b.SetBytes(int64(len(plain.GetData())))
	b.ReportAllocs()
	for b.Loop() {
		_, err = c.Encode(in)
		require.NoError(b, err)
	}
}

func BenchmarkDecode(b *testing.B) {
	plain, err := converter.GetDefaultDataConverter().ToPayload(commonOrder())
	require.NoError(b, err)
	c := newCodec(b, ops.EncryptionOn, key("a", "1"))
	sealed, err := c.Encode(one(plain))
	require.NoError(b, err)
	b.SetBytes(int64(len(plain.GetData())))
	b.ReportAllocs()
	var out []*commonpb.Payload
	for b.Loop() {
		out, err = c.Decode(sealed)
		require.NoError(b, err)
	}
	require.Equal(b, plain.GetData(), out[0].GetData())
}

// BenchmarkConverter measures the round trip of an order into a history and back: JSON and the codec.
func BenchmarkConverter(b *testing.B) {
	in := commonOrder()
	dc := codec.WorkerDataConverter(newCodec(b, ops.EncryptionOn, key("a", "1")))
	var out giftcard.Order
	b.ReportAllocs()
	for b.Loop() {
		p, err := dc.ToPayload(in)
		require.NoError(b, err)
		require.NoError(b, dc.FromPayload(p, &out))
	}
	require.Equal(b, in, out)
}

// BenchmarkFailureConverter measures the round trip of an activity's failure, whose message is encrypted too.
func BenchmarkFailureConverter(b *testing.B) {
	fc := codec.WorkerFailureConverter(newCodec(b, ops.EncryptionOn, key("a", "1")))
	in := temporal.NewApplicationError("order #1001, card 1: CashStar: create order: HTTP 503", string(giftcard.Unavailable))
	b.ReportAllocs()
	var out error
	for b.Loop() {
		out = fc.FailureToError(fc.ErrorToFailure(in))
	}
	require.EqualError(b, out, in.Error())
}
