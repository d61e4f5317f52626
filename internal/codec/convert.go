package codec

import (
	"context"
	"errors"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

// DataConverter returns Temporal's default data converter with the codec, for clients.
func DataConverter(c *Codec) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)
}

// WorkerDataConverter is [DataConverter] for the client of a worker. An error would fail the workflow: the SDK fails a
// workflow whose input cannot be read, and returns other errors to workflow code, which would fail it too. So this
// converter panics with an [*UnreadableError], which fails only the workflow task. Temporal retries the task until a
// worker can read the payload. An activity gets the error, fails, and is retried.
func WorkerDataConverter(c *Codec) converter.DataConverter { return workerConverter{DataConverter(c)} }

type workerConverter struct{ converter.DataConverter }

var _ converter.ContextAware = workerConverter{}

// FromPayload panics if the payload cannot be decrypted.
func (w workerConverter) FromPayload(p *commonpb.Payload, valuePtr any) error {
	return orPanic(w.DataConverter.FromPayload(p, valuePtr))
}

// FromPayloads panics if a payload cannot be decrypted.
func (w workerConverter) FromPayloads(p *commonpb.Payloads, valuePtrs ...any) error {
	return orPanic(w.DataConverter.FromPayloads(p, valuePtrs...))
}

// WithWorkflowContext returns the converter for workflow code: itself.
func (w workerConverter) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return w
}

// WithContext returns the converter for activities. It returns errors and does not panic.
func (w workerConverter) WithContext(context.Context) converter.DataConverter { return w.DataConverter }

func orPanic(err error) error {
	if u, ok := errors.AsType[*UnreadableError](err); ok {
		panic(u)
	}
	return err
}

// FailureConverter returns a failure converter that also encrypts messages and stack traces, which would otherwise be
// readable in every history. Error types stay readable, because people search for them. A message that cannot be
// decrypted is replaced by the reason.
func FailureConverter(c *Codec) converter.FailureConverter { return newFailures(c, DataConverter(c)) }

// WorkerFailureConverter is [FailureConverter] for the client of a worker: it panics as [WorkerDataConverter] does.
// Otherwise workflow code would mistake the failure of an activity for a different one and act on it.
func WorkerFailureConverter(c *Codec) converter.FailureConverter {
	return newFailures(c, WorkerDataConverter(c))
}

type failures struct {
	converter.FailureConverter

	payloads converter.DataConverter
}

func newFailures(c *Codec, payloads converter.DataConverter) failures {
	return failures{
		FailureConverter: temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
			DataConverter:          payloads,
			EncodeCommonAttributes: c.current != "",
		}),
		payloads: payloads,
	}
}

// ErrorToFailure does not encrypt an error that says that a payload cannot be read: the operator who has to find the
// missing key may have no key to read the error with.
func (f failures) ErrorToFailure(err error) *failurepb.Failure {
	if err == nil || !isUnreadable(err) {
		return f.FailureConverter.ErrorToFailure(err)
	}
	if u, ok := errors.AsType[*UnreadableError](err); ok {
		err = temporal.NewApplicationError(u.Error(), UnreadableType)
	}
	return temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

// FailureToError returns the error of a failure. Unlike the SDK's own converter, it reports attributes that it cannot
// decrypt.
func (f failures) FailureToError(failure *failurepb.Failure) error {
	if failure == nil {
		return nil
	}
	failure = proto.CloneOf(failure)
	for each := failure; each != nil; each = each.GetCause() {
		sealed := each.GetEncodedAttributes()
		if sealed == nil {
			continue
		}
		var attributes any
		if err := f.payloads.FromPayload(sealed, &attributes); err != nil {
			each.Message, each.EncodedAttributes = err.Error(), nil
		}
	}
	return f.FailureConverter.FailureToError(failure)
}
