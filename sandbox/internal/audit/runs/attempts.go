package runs

import (
	"time"

	historypb "go.temporal.io/api/history/v1"
)

// mailing is the type of the activities that mail cards.
const mailing = "DeliverCard"

// attempts counts the attempts to mail cards that were or may have been cut off, by the event that shows them. A reset copies
// the events of the run before it.
type attempts map[event]int

type event struct {
	id int64
	at time.Time
}

// reader returns a function that reads the history of a run, event by event.
func (a attempts) reader() func(*historypb.HistoryEvent) {
	asked := map[int64]bool{}
	return func(e *historypb.HistoryEvent) {
		of := event{e.GetEventId(), e.GetEventTime().AsTime()}
		if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == mailing {
			asked[e.GetEventId()] = true
		}
		if started := e.GetActivityTaskStartedEventAttributes(); asked[started.GetScheduledEventId()] {
			// Of the attempts before this one, the history shows only how the last one failed.
			const hidden = 2
			a[of] = max(0, int(started.GetAttempt())-hidden)
			if started.GetLastFailure().GetTimeoutFailureInfo() != nil {
				a[of]++
			}
		}
		if asked[e.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId()] {
			a[of] = 1
		}
	}
}

// cutOff returns how many attempts were or may have been cut off.
func (a attempts) cutOff() int {
	n := 0
	for _, cut := range a {
		n += cut
	}
	return n
}
