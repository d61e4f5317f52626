package checkout

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

// patience limits a round, in addition to twice the seconds of its redemptions.
const patience = 10 * time.Minute

// Run measures in rounds, which have what is compared in turns.
func (p *Programs) Run(ctx context.Context, o Options, say output.Say) (*Report, error) {
	r := &Report{Options: o}
	for i := range o.Rounds {
		round, err := p.round(ctx, o, i+1)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
		say("round %d: p50 and p99 of a redemption: bare workflow %.0f and %.0f ms, checkout %.0f and %.0f ms",
			i+1, round.Bare.P50, round.Bare.P99, round.Ours.P50, round.Ours.P99)
		say("round %d: %d at once on one card: %d succeeded, %d found it busy, the last after %.1f s",
			i+1, crowd, round.Crowd.Succeeded, round.Crowd.Busy, round.Crowd.Slowest)
		r.Rounds = append(r.Rounds, round)
	}
	var err error
	if r.Long, err = longCard(ctx, o.Long); err != nil {
		return nil, err
	}
	say("a card that was spent and given back %d times, without a server: %.0f s", o.Long, r.Long.Seconds)
	r.summarize()
	return r, nil
}

// round measures everything once, with a new server.
func (p *Programs) round(ctx context.Context, o Options, number int) (Round, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience+2*time.Duration(o.Seconds)*time.Second,
		fmt.Errorf("round %d takes too long", number))
	defer cancel()
	r := Round{Round: number}
	s, err := p.open(ctx)
	if err != nil {
		return r, err
	}
	defer s.close()
	err = rig.InTurns(ctx, number, rig.Measure(s.bareRedemptions, o.Seconds, &r.Bare), rig.Measure(s.redemptions, o.Seconds, &r.Ours))
	if err != nil {
		return r, err
	}
	if r.Crowd, err = s.crowd(ctx); err != nil {
		return r, err
	}
	r.Full, err = s.fullCard(ctx)
	return r, err
}
