package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// TroubleKind is a kind of trouble.
type TroubleKind string

// The kinds of trouble. Delay applies only to the kinds that say so.
const (
	// Late calls back by Delay later than it should.
	Late TroubleKind = "late"
	// Early takes effect and calls back before the request is answered. The effect shows when it normally would.
	Early TroubleKind = "early"
	// Twice calls back twice.
	Twice TroubleKind = "twice"
	// Never does not call back.
	Never TroubleKind = "never"
	// Dead calls back at an address where nobody listens.
	Dead TroubleKind = "dead"
	// Forged lets somebody else call back first, with a result of their own.
	Forged TroubleKind = "forged"
	// Garbled calls back with something close to JSON.
	Garbled TroubleKind = "garbled"
	// Lag calls back in time, but the effect shows by Delay later.
	Lag TroubleKind = "lag"
	// Stalled begins by Delay later.
	Stalled TroubleKind = "stalled"
	// Lost has no effect, and does not call back.
	Lost TroubleKind = "lost"
	// Failed has no effect, and calls back that it failed, with Message.
	Failed TroubleKind = "failed"
)

// Kinds lists all kinds of trouble.
var Kinds = []TroubleKind{Late, Early, Twice, Never, Dead, Forged, Garbled, Lag, Stalled, Lost, Failed}

// Trouble is what goes wrong with one or more jobs that were enqueued.
type Trouble struct {
	Kind TroubleKind
	// Operation limits the trouble to one operation; empty means any.
	Operation simulator.Operation
	// Times is the number of jobs that a queued trouble befalls, by default 1.
	Times int
	// Delay applies to Late, Lag and Stalled, by default [DefaultDelay].
	Delay time.Duration
	// Message applies to Failed.
	Message string
}

// DefaultDelay is the delay of a trouble that does not say another.
const DefaultDelay = time.Minute

// RandomTrouble befalls a random share of the jobs. A Rate of 1 means all of them.
type RandomTrouble struct {
	Rate float64
	Trouble
}

type troubleBody struct {
	Kind      TroubleKind         `json:"kind"`
	Operation simulator.Operation `json:"operation"`
	Times     int                 `json:"times"`
	Delay     simulator.Duration  `json:"delay"`
	Message   string              `json:"message"`
	// Rate applies to random troubles.
	Rate float64 `json:"rate"`
}

func (b troubleBody) trouble() Trouble {
	return Trouble{
		Kind: b.Kind, Operation: b.Operation, Times: b.Times, Delay: time.Duration(b.Delay), Message: b.Message,
	}
}

// UnmarshalJSON implements json.Unmarshaler in the format of the control routes.
func (t *Trouble) UnmarshalJSON(b []byte) error {
	var body troubleBody
	if err := simulator.StrictJSON(b, &body); err != nil {
		return err
	}
	if body.Rate != 0 {
		return errors.New("rate is for random troubles")
	}
	*t = body.trouble()
	return nil
}

// UnmarshalJSON implements json.Unmarshaler in the format of the control routes.
func (t *RandomTrouble) UnmarshalJSON(b []byte) error {
	var body troubleBody
	if err := simulator.StrictJSON(b, &body); err != nil {
		return err
	}
	if body.Rate <= 0 || body.Rate > 1 {
		return fmt.Errorf("rate %v is not within (0, 1]", body.Rate)
	}
	t.Rate, t.Trouble = body.Rate, body.trouble()
	return nil
}

// check returns an error if the trouble cannot befall a job.
func (t Trouble) check(operations []simulator.Operation) error {
	switch {
	case !slices.Contains(Kinds, t.Kind):
		return fmt.Errorf("unknown kind %q", t.Kind)
	case t.Operation != "" && !slices.Contains(operations, t.Operation):
		return fmt.Errorf("unknown operation %q", t.Operation)
	case t.Times < 0:
		return fmt.Errorf("times is %d", t.Times)
	case t.Delay < 0:
		return fmt.Errorf("delay is %s", t.Delay)
	}
	return nil
}

// Befall queues troubles: each job takes the first one that applies to its operation. It queues all of them or, if one
// cannot befall a job, none.
func (q *Queue) Befall(troubles ...Trouble) error {
	for _, t := range troubles {
		if err := t.check(q.opts.Operations); err != nil {
			return err
		}
	}
	for _, t := range troubles {
		q.draws.Queue(t, t.Times)
	}
	return nil
}

// SetRandom replaces the troubles that befall jobs at random.
func (q *Queue) SetRandom(random ...RandomTrouble) error {
	shares := make([]simulator.Share[Trouble], len(random))
	for i, r := range random {
		if err := r.check(q.opts.Operations); err != nil {
			return err
		}
		shares[i] = simulator.Share[Trouble]{Fault: r.Trouble, Rate: r.Rate}
	}
	q.draws.SetShares(shares...)
	return nil
}

// ClearTroubles removes the queued and the random troubles.
func (q *Queue) ClearTroubles() { q.draws.Clear() }

// draw returns the trouble of a job, the zero Trouble if there is none.
func (q *Queue) draw(j Job) Trouble {
	var t Trouble
	if q.opts.Trouble != nil {
		if hooked := q.opts.Trouble(j); hooked != nil {
			t = *hooked
		}
	}
	if t.Kind == "" {
		t, _ = q.draws.Draw(func(t Trouble) bool { return t.Operation == "" || t.Operation == j.Operation })
	}
	if t.Delay == 0 {
		t.Delay = DefaultDelay
	}
	return t
}

// garbled returns something close to JSON.
func garbled(body []byte) []byte { return append([]byte("callback: "), body...) }

// failure is the body of the callback of a job that failed.
func failure(message, payload string) any {
	if message == "" {
		message = "internal error"
	}
	body := map[string]any{"success": false, "message": message}
	if payload != "" {
		body["payload"] = payload
	}
	return body
}

func encode(body any) []byte {
	b, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("encode callback: %v", err))
	}
	return b
}
