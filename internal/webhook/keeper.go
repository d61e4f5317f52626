package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// answerWithin is the time from the header of a request to its answer, in which its body is read and its keepers keep it. The
// shop waits five seconds (shopify.dev/docs/apps/build/webhooks/subscribe/https), of which some are spent on the way.
const answerWithin = 4500 * time.Millisecond

// Delivery is a delivery that the shop has signed, and whose body fits its topic.
type Delivery struct {
	Notice

	// Body is the body as it was sent. It is valid only until [Keeper.Keep] returns, and must not be changed. It is nil if it
	// was larger than [MaxBody].
	Body []byte
	// Size is the number of bytes of the body.
	Size int64
	// Signature is that of the shop over the whole body. Deliveries with the same body have the same one until a secret changes,
	// so it tells those apart whose bodies were too large.
	Signature []byte
	// ID is the shop's name of the delivery, which all tries of it share; empty if it has none. It is not signed.
	ID string
}

// Keeper keeps deliveries durably. A delivery that is not kept is answered with 503, and the shop sends it again, so a
// keeper sees a delivery more than once.
type Keeper interface {
	// Topics are the topics whose deliveries it keeps. They never change.
	Topics() []string
	// Keep returns nil once the delivery outlives the process. It returns soon after ctx ends, which is 4.5 seconds after
	// the header of the request was read: until Keep returns, its request holds the memory of the body. Keepers of one
	// delivery are called at the same time. The error must repeat nothing of the body: it is logged.
	Keep(ctx context.Context, d Delivery) error
}

// OversizedKeeper is a [Keeper] to which a delivery also matters if its body is larger than [MaxBody]. Without it, such a
// delivery is answered with 200 and lost.
type OversizedKeeper interface {
	Keeper
	// KeepOversized is Keep for a delivery without its body, whose signature was checked over the whole body all the same. The
	// notice says what the first 32 KiB say: Topic, and the numbers and the times if they are there. Each of them may be empty,
	// and the lines are never known. Size is the number of bytes of the body.
	KeepOversized(ctx context.Context, d Delivery) error
}

// keep keeps a delivery durably.
type keep func(ctx context.Context, d Delivery) error

// keepers keep deliveries, by topic: those with their bodies, and those that are too large for that.
type keepers struct{ whole, oversized map[string][]keep }

// keepersOf returns the keepers of each topic.
func keepersOf(all []Keeper) (keepers, error) {
	of := keepers{map[string][]keep{}, map[string][]keep{}}
	for _, k := range all {
		for _, t := range k.Topics() {
			if _, ok := find(t); !ok {
				return of, fmt.Errorf("a keeper wants the topic %q, which cannot be read", t)
			}
			of.whole[t] = append(of.whole[t], k.Keep)
			if o, ok := k.(OversizedKeeper); ok {
				of.oversized[t] = append(of.oversized[t], o.KeepOversized)
			}
		}
	}
	return of, nil
}

// keepAll hands a delivery to keepers, and returns once all of them have returned, soon after the time by which the shop gets
// its answer. The error is nil if all have kept it.
//
// It does not end with the request: a shop that has hung up sends the delivery again, but what is kept by then need not wait
// for that.
func keepAll(ctx context.Context, by time.Time, d Delivery, keepers []keep) error {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), by)
	defer cancel()
	errs := make([]error, len(keepers))
	var all sync.WaitGroup
	for i, k := range keepers {
		all.Go(func() { errs[i] = keepOne(ctx, d, k) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// keepOne hands a delivery to a keeper. A panic is an error without its value, which may repeat the body.
func keepOne(ctx context.Context, d Delivery, k keep) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the keeper panicked (%T): %s", p, debug.Stack())
		}
	}()
	if err := k(ctx, d); err != nil {
		return err
	}
	return ctx.Err()
}
