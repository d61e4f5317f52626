package webhook

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// keepWithin is the time that all keepers of a delivery have together. The shop waits five seconds for its answer.
const keepWithin = 3 * time.Second

// Delivery is a delivery that the shop has signed, and whose body fits its topic.
type Delivery struct {
	Notice

	// Body is the body as it was sent. It is valid only until [Keeper.Keep] returns, and must not be changed.
	Body []byte
	// ID is the shop's name of the delivery, which all tries of it share; empty if it has none. It is not signed.
	ID string
}

// Keeper keeps deliveries durably. A delivery that is not kept is answered with 503, and the shop sends it again, so a
// keeper sees a delivery more than once.
type Keeper interface {
	// Topics are the topics whose deliveries it keeps. They never change.
	Topics() []string
	// Keep returns nil once the delivery outlives the process. It returns soon after ctx ends, which is three seconds
	// after the body was read: until Keep returns, its request holds the memory of the body. Keepers of one delivery are
	// called at the same time. The error must repeat nothing of the body: it is logged.
	Keep(ctx context.Context, d Delivery) error
}

// keepersOf returns the keepers of each topic.
func keepersOf(all []Keeper) (map[string][]Keeper, error) {
	of := map[string][]Keeper{}
	for _, k := range all {
		for _, t := range k.Topics() {
			if _, ok := find(t); !ok {
				return nil, fmt.Errorf("a keeper wants the topic %q, which cannot be read", t)
			}
			of[t] = append(of[t], k)
		}
	}
	return of, nil
}

// keep hands a delivery to keepers, and returns once all of them have returned. The error is nil if all have kept it.
//
// It does not end with the request: a shop that has hung up sends the delivery again, but what is kept by then need not wait
// for that.
func keep(ctx context.Context, d Delivery, keepers []Keeper) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
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
func keepOne(ctx context.Context, d Delivery, k Keeper) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the keeper panicked (%T): %s", p, debug.Stack())
		}
	}()
	if err := k.Keep(ctx, d); err != nil {
		return err
	}
	return ctx.Err()
}
