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

// DataConverter returns Temporal's default data converter behind the codec, for clients.
func DataConverter(c *Codec) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)
}

// WorkerDataConverter is [DataConverter] for the client of a worker. To a workflow, an error would be the end: the SDK
// fails it for an input that cannot be read, and hands other errors to code that would fail it too. So this one panics
// with an [*UnreadableError], which fails the workflow task alone. Temporal repeats it until a worker can read the
// payload. An activity gets the error, fails, and is retried.
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

// WithContext returns the converter for activities, which get errors.
func (w workerConverter) WithContext(context.Context) converter.DataConverter { return w.DataConverter }

func orPanic(err error) error {
	if u, ok := errors.AsType[*UnreadableError](err); ok {
		panic(u)
	}
	return err
}

// FailureConverter returns a failure converter that encrypts messages and stack traces too, which would otherwise be
// readable in every history. Error types stay readable: they are what people search for. A message that cannot be
// decrypted says why in its place.
func FailureConverter(c *Codec) converter.FailureConverter { return newFailures(c, DataConverter(c)) }

// WorkerFailureConverter is [FailureConverter] for the client of a worker: it panics as [WorkerDataConverter] does.
// Workflow code would take the failure of an activity to be another one than it was, and act on that.
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

// ErrorToFailure leaves in the clear what says that a payload cannot be read: whoever has to find the key has none to
// read it with.
func (f failures) ErrorToFailure(err error) *failurepb.Failure {
	if err == nil || !isUnreadable(err) {
		return f.FailureConverter.ErrorToFailure(err)
	}
	if u, ok := errors.AsType[*UnreadableError](err); ok {
		err = temporal.NewApplicationError(u.Error(), UnreadableType)
	}
	return temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

// FailureToError returns the error of a failure. The SDK's own converter keeps silent about what it cannot decrypt.
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
