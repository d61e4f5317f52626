package relaying

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

// patience limits a round, in addition to twice the seconds of its events.
const patience = 10 * time.Minute

// Run measures in rounds, which have what is compared in turns. Then, once, it lets the ERP be away.
func (p *Programs) Run(ctx context.Context, o Options, say output.Say) (*Report, error) {
	r := &Report{Options: o}
	for i := range o.Rounds {
		round, err := p.round(ctx, o, i+1)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
		say("round %d: events a second: bare mailbox %.1f, relay %.1f; at %.1f a second, p50 and p99: bare mailbox %.0f and %.0f ms, "+
			"relay %.0f and %.0f ms", i+1, round.Bare.Full.PerSecond, round.Ours.Full.PerSecond, round.Ours.Steady.Rate,
			round.Bare.Steady.P50, round.Bare.Steady.P99, round.Ours.Steady.P50, round.Ours.Steady.P99)
		r.Rounds = append(r.Rounds, round)
	}
	var err error
	if r.Away, err = p.away(ctx, o, say); err != nil {
		return nil, fmt.Errorf("with the ERP away: %w", err)
	}
	say("the ERP was away for %.0f s, and got %d events of %d within %.0f s", r.Away.Away, r.Away.Arrived, r.Away.Kept, r.Away.Last)
	r.summarize()
	return r, nil
}

// round measures everything once, with a new server.
func (p *Programs) round(ctx context.Context, o Options, number int) (Round, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience+8*time.Duration(o.Seconds)*time.Second,
		fmt.Errorf("round %d takes too long", number))
	defer cancel()
	r := Round{Round: number}
	s, err := p.openBeside(ctx)
	if err != nil {
		return r, err
	}
	defer s.close()
	err = rig.InTurns(ctx, number,
		rig.Measure(s.full(&s.bare), o.Seconds, &r.Bare.Full), rig.Measure(s.full(&s.ours), o.Seconds, &r.Ours.Full))
	if err != nil {
		return r, err
	}
	// Both get half of what both achieve.
	rate := max(1, min(r.Bare.Full.PerSecond, r.Ours.Full.PerSecond)/2)
	steadily := func(t *target, into *Steady) rig.Step {
		return func(ctx context.Context) (err error) {
			*into, err = s.steadily(ctx, t, rate, o.Seconds)
			return err
		}
	}
	if err := rig.InTurns(ctx, number, steadily(&s.bare, &r.Bare.Steady), steadily(&s.ours, &r.Ours.Steady)); err != nil {
		return r, err
	}
	r.Memory, err = s.memory()
	return r, err
}
