package runs

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Of the attempts to mail a card, the history shows how the last one failed, and not how those before it did.
func TestAttemptsThatWereCutOff(t *testing.T) {
	t.Parallel()
	at := timestamppb.New(time.Unix(1, 0))
	asked := func(id int64, activity string) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{EventId: id, EventTime: at, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityType: &commonpb.ActivityType{Name: activity},
			},
		}}
	}
	started := func(id, of int64, attempt int32, last *failurepb.Failure) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{EventId: id, EventTime: at, Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{
				ScheduledEventId: of, Attempt: attempt, LastFailure: last,
			},
		}}
	}
	timedOut := func(id, of int64) *historypb.HistoryEvent {
		return &historypb.HistoryEvent{EventId: id, EventTime: at, Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
			ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{ScheduledEventId: of},
		}}
	}
	died := &failurepb.Failure{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{}}}
	refused := &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{}}
	for name, tt := range map[string]struct {
		events []*historypb.HistoryEvent
		want   int
	}{
		"the first succeeded":          {[]*historypb.HistoryEvent{asked(5, mailing), started(6, 5, 1, nil)}, 0},
		"the first failed":             {[]*historypb.HistoryEvent{asked(5, mailing), started(6, 5, 2, refused)}, 0},
		"the first was cut off":        {[]*historypb.HistoryEvent{asked(5, mailing), started(6, 5, 2, died)}, 1},
		"the second failed":            {[]*historypb.HistoryEvent{asked(5, mailing), started(6, 5, 3, refused)}, 1},
		"all were cut off":             {[]*historypb.HistoryEvent{asked(5, mailing), started(6, 5, 3, died), timedOut(7, 5)}, 3},
		"attempts at something else":   {[]*historypb.HistoryEvent{asked(5, "IssueCard"), started(6, 5, 3, died), timedOut(7, 5)}, 0},
		"two cards":                    {[]*historypb.HistoryEvent{asked(5, mailing), asked(6, mailing), started(7, 6, 2, died), started(8, 5, 2, died)}, 2},
		"two cards, one after another": {[]*historypb.HistoryEvent{asked(5, mailing), started(6, 5, 2, died), asked(7, mailing), started(8, 7, 1, nil)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := attempts{}
			for range 2 { // A reset has the same beginning.
				read := sent.reader()
				for _, e := range tt.events {
					read(e)
				}
			}
			require.Equal(t, tt.want, sent.cutOff())
		})
	}
}
