package receive

import (
	"context"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// Programs are the programs to be measured.
type Programs struct{ rig *rig.Programs }

// The programs, by their folders.
const (
	workerProgram   = "worker"
	receiverProgram = "receiver"
)

// Build builds the worker, the receiver, and the bare program. Close removes them.
func Build(ctx context.Context) (*Programs, error) {
	built, err := rig.Build(ctx, workerProgram, receiverProgram, rig.FloorProgram)
	if err != nil {
		return nil, err
	}
	return &Programs{built}, nil
}

// Close removes the programs.
func (p *Programs) Close() { p.rig.Close() }

const (
	// patience limits a round, in addition to what its floods and orders may take, and patiencePerOrder is many times what
	// an order takes.
	patience         = 10 * time.Minute
	patiencePerOrder = time.Second
)

// Run measures in rounds, which have what is compared in turns.
func (p *Programs) Run(ctx context.Context, o Options, say output.Say) (*Report, error) {
	r := &Report{Options: o}
	for i := range o.Rounds {
		round, err := p.round(ctx, o, i+1, say)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
		r.Rounds = append(r.Rounds, round)
	}
	r.summarize()
	return r, nil
}

func (p *Programs) round(ctx context.Context, o Options, number int, say output.Say) (Round, error) {
	ctx, cancel := context.WithTimeoutCause(ctx,
		patience+4*time.Duration(o.Seconds)*time.Second+time.Duration(5*o.Singles+2*o.Burst)*patiencePerOrder,
		fmt.Errorf("round %d takes too long", number))
	defer cancel()
	r := Round{Round: number}
	ones := []rig.Step{func(ctx context.Context) error { return p.ones(ctx, o, &r) }}
	if o.TransferPollRPS > 0 {
		ones = append(ones, func(ctx context.Context) error { return p.raised(ctx, o, &r) })
	}
	if err := rig.InTurns(ctx, number, ones...); err != nil {
		return r, err
	}
	say("round %d: answers, p99: bare handler %.1f ms, receiver %.1f ms; without Temporal %.1f ms and %.1f ms",
		number, r.Bare.P99, r.Up.P99, r.BareAway.P99, r.Away.P99)
	say("round %d: to the card, p50: bare workflow %.1f ms, order by webhook %.1f ms, during a flood %.1f ms",
		number, r.Floor.P50, r.Single.P50, r.Flooded.P50)
	err := rig.InTurns(ctx, number,
		func(ctx context.Context) (err error) { r.ByWebhook, r.Costs, err = p.byWebhook(ctx, o); return err },
		func(ctx context.Context) (err error) { r.ByPoll, err = p.byPoll(ctx, o); return err })
	say("round %d: %d orders at once: by webhook %.1f s, by poll %.1f s", number, o.Burst, r.ByWebhook.Seconds, r.ByPoll.Seconds)
	return r, err
}

// raised measures orders that arrive one by one with another setting of Temporal.
func (p *Programs) raised(ctx context.Context, o Options, r *Round) error {
	s, err := p.openBeside(ctx, rig.ServerOptions{TransferPollRPS: o.TransferPollRPS})
	if err != nil {
		return err
	}
	defer s.close()
	return rig.InTurns(ctx, r.Round,
		rig.Measure(s.floorCards, o.Singles, &r.RaisedFloor), rig.Measure(s.orderCards, o.Singles, &r.Raised))
}

// ones measures floods, and orders that arrive one by one.
func (p *Programs) ones(ctx context.Context, o Options, r *Round) error {
	s, err := p.openBeside(ctx, rig.ServerOptions{})
	if err != nil {
		return err
	}
	defer s.close()
	others, err := s.irrelevant()
	if err != nil {
		return err
	}
	flood := func(of func() string, into *Answers) rig.Step {
		return func(ctx context.Context) (err error) {
			*into, err = s.flood(ctx, of(), others, rate*o.Seconds, nil)
			return err
		}
	}
	handler, receiver := func() string { return "http://" + s.handlerAddr }, func() string { return s.Config.Receiver.URL }
	flooded := func(ctx context.Context) error {
		stop, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			var err error
			r.During, err = s.flood(ctx, receiver(), others, 0, stop)
			ended <- err
		}()
		err := rig.Measure(s.orderCards, o.Singles, &r.Flooded)(ctx)
		close(stop)
		if floodErr := <-ended; err == nil {
			err = floodErr
		}
		return err
	}
	if err := rig.InTurns(ctx, r.Round, flood(handler, &r.Bare), flood(receiver, &r.Up)); err != nil {
		return err
	}
	err = rig.InTurns(ctx, r.Round,
		rig.Measure(s.floorCards, o.Singles, &r.Floor), rig.Measure(s.orderCards, o.Singles, &r.Single), flooded)
	if err != nil {
		return err
	}
	s.leave()
	if err := rig.InTurns(ctx, r.Round, flood(handler, &r.BareAway), flood(receiver, &r.Away)); err != nil {
		return err
	}
	peak, err := s.Receiver.PeakMemory()
	r.PeakMemory = float64(peak) / (1 << 20)
	return err
}
