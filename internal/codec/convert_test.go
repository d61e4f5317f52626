package codec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

const missing = `decrypt payload: key "a" is not in PAYLOAD_KEYS, which has "b"`

// Workflow code gets no error that could fail the workflow; an activity gets the error.
func TestWorkerDataConverter(t *testing.T) {
	t.Parallel()
	sealed, err := newCodec(t, ops.EncryptionOn, key("a", "1")).Encode(one(payload(`"x"`)))
	require.NoError(t, err)
	one := sealed[0]
	several := &commonpb.Payloads{Payloads: sealed}
	worker := codec.WorkerDataConverter(newCodec(t, ops.EncryptionOn, key("b", "2")))
	aware, ok := worker.(converter.ContextAware)
	require.True(t, ok)
	var out string
	for name, dc := range map[string]converter.DataConverter{
		"the SDK's own": worker, "workflow code's": aware.WithWorkflowContext(nil),
	} {
		require.PanicsWithError(t, missing, func() { _ = dc.FromPayload(one, &out) }, name)
		require.PanicsWithError(t, missing, func() { _ = dc.FromPayloads(several, &out) }, name)
	}
	activity := aware.WithContext(t.Context())
	require.EqualError(t, activity.FromPayload(one, &out), missing)
	require.EqualError(t, activity.FromPayloads(several, &out), missing)

	reader := codec.WorkerDataConverter(newCodec(t, ops.EncryptionOn, key("a", "1")))
	require.NoError(t, reader.FromPayloads(several, &out))
	require.Equal(t, "x", out)
	var number int
	require.Error(t, reader.FromPayload(one, &number), "what is read and makes no sense is an error")
}

// The error that a payload cannot be read is not encrypted, for people who have no key; any other text is encrypted.
func TestFailuresOfUnreadablePayloads(t *testing.T) {
	t.Parallel()
	sealed, err := newCodec(t, ops.EncryptionOn, key("a", "1")).Encode(one(payload(`"x"`)))
	require.NoError(t, err)
	lacking := newCodec(t, ops.EncryptionOn, key("b", "2"))
	_, cause := lacking.Decode(sealed)
	require.EqualError(t, cause, missing)

	failure := codec.WorkerFailureConverter(lacking).ErrorToFailure(fmt.Errorf("unable to decode the input: %w", cause))
	require.Equal(t, missing, failure.GetMessage())
	require.Equal(t, codec.UnreadableType, failure.GetApplicationFailureInfo().GetType())
	require.False(t, failure.GetApplicationFailureInfo().GetNonRetryable())
	for _, misfit := range []*codec.Codec{
		newCodec(t, ops.EncryptionOn, key("a", "2")), newCodec(t, ops.EncryptionOff),
		newCodec(t, ops.EncryptionOn, key("b.1", "2"), key("c_1", "3")),
	} {
		_, err := misfit.Decode(sealed)
		text := errors.New(err.Error()) // The SDK keeps only the text of a panic.
		require.Equal(t, err.Error(), codec.WorkerFailureConverter(misfit).ErrorToFailure(text).GetMessage())
	}
	for _, text := range []string{
		missing + " grandma", "grandma: " + missing, missing + "\ngrandma", strings.ReplaceAll(missing, `"a"`, `"grand ma"`), "grandma",
	} {
		failure := codec.WorkerFailureConverter(lacking).ErrorToFailure(errors.New(text))
		require.Equal(t, "Encoded failure", failure.GetMessage(), text)
	}
	require.Nil(t, codec.WorkerFailureConverter(lacking).ErrorToFailure(nil))
}

// A worker rejects payloads that could have been written without a key.
func TestStrict(t *testing.T) {
	t.Parallel()
	plain, err := converter.GetDefaultDataConverter().ToPayloads("5 cards for me")
	require.NoError(t, err)
	nothing, err := converter.GetDefaultDataConverter().ToPayloads(nil)
	require.NoError(t, err)
	on := ops.Payload{Encryption: ops.EncryptionOn}
	lenient := newCodec(t, ops.EncryptionOn, key("a", "1"))
	strict := lenient.Strict(on)
	sealed, err := strict.Encode(plain.GetPayloads())
	require.NoError(t, err)
	for _, readable := range [][]*commonpb.Payload{sealed, nothing.GetPayloads()} {
		_, err = strict.Decode(readable)
		require.NoError(t, err)
	}
	for _, c := range []*codec.Codec{
		lenient, lenient.Strict(ops.Payload{Encryption: ops.EncryptionOn, AcceptPlain: true}),
		newCodec(t, ops.EncryptionOff).Strict(ops.Payload{Encryption: ops.EncryptionOff}),
	} {
		_, err = c.Decode(plain.GetPayloads())
		require.NoError(t, err)
	}

	var text string
	const refused = "it is not encrypted, though PAYLOAD_ENCRYPTION is on"
	err = codec.WorkerDataConverter(strict).(converter.ContextAware).WithContext(t.Context()).FromPayloads(plain, &text)
	require.ErrorContains(t, err, refused)
	failure := codec.WorkerFailureConverter(strict).ErrorToFailure(err)
	require.Contains(t, failure.GetMessage(), refused, "it is said in the clear")
	require.Equal(t, codec.UnreadableType, failure.GetApplicationFailureInfo().GetType())
	require.Panics(t, func() { _ = codec.WorkerDataConverter(strict).FromPayloads(plain, &text) })
	require.Empty(t, text)
}

// A key's ID is not repeated if it does not have the form of one.
func TestUnreadableRepeatsNothingElse(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"grandma at home", strings.Repeat("x", 1000), "", `"`} {
		_, err := newCodec(t, ops.EncryptionOff).Decode(one(&commonpb.Payload{Metadata: map[string][]byte{
			converter.MetadataEncoding: []byte(codec.Encoding), codec.MetadataKeyID: []byte(id),
		}}))
		require.EqualError(t, err, `decrypt payload: key "?" is not in PAYLOAD_KEYS, which is empty`)
	}
}

// People see why they cannot read a failure; a workflow never gets a different failure from the original one.
func TestUnreadableFailures(t *testing.T) {
	t.Parallel()
	cause := temporal.NewNonRetryableApplicationError("card declined", "CardDeclined", nil, "grandma")
	sealed := codec.FailureConverter(newCodec(t, ops.EncryptionOn, key("a", "1"))).
		ErrorToFailure(temporal.NewApplicationErrorWithCause("order failed", "Order", cause))
	before := proto.CloneOf(sealed)
	lacking := newCodec(t, ops.EncryptionOn, key("b", "2"))

	err := codec.FailureConverter(lacking).FailureToError(sealed)
	require.True(t, proto.Equal(before, sealed))
	for _, kind := range []string{"Order", "CardDeclined"} {
		var app *temporal.ApplicationError
		require.ErrorAs(t, err, &app)
		require.Equal(t, kind, app.Type())
		require.Equal(t, missing, app.Message())
		err = errors.Unwrap(app)
	}
	require.PanicsWithError(t, missing, func() { _ = codec.WorkerFailureConverter(lacking).FailureToError(sealed) })
	require.NoError(t, codec.FailureConverter(lacking).FailureToError(nil))

	worker := codec.WorkerFailureConverter(newCodec(t, ops.EncryptionOn, key("b", "2"), key("a", "1")))
	require.ErrorContains(t, worker.FailureToError(sealed), "order failed")
}
