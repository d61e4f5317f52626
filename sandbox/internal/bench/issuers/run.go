package issuers

import (
	"context"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// Programs are the programs to be measured.
type Programs struct{ rig *rig.Programs }

// receiverProgram is the receiver, by its folder.
const receiverProgram = "receiver"

// Build builds the receiver and the bare program. The worker is this program in a role, because the number of its slots is
// set. Close removes them.
func Build(ctx context.Context) (*Programs, error) {
	built, err := rig.Build(ctx, receiverProgram, rig.FloorProgram)
	if err != nil {
		return nil, err
	}
	return &Programs{built}, nil
}

// Close removes the programs.
func (p *Programs) Close() { p.rig.Close() }

const (
	// patience limits a round, in addition to what its orders may take, and patiencePerOrder is many times what an order
	// takes.
	patience         = 10 * time.Minute
	patiencePerOrder = time.Second
)

// Run measures in rounds, which have what is compared in turns.
func (p *Programs) Run(ctx context.Context, o Options, say output.Say) (*Report, error) {
	r := &Report{Options: o}
	for i := range o.Rounds {
		round, err := p.round(ctx, o, i+1)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
		say("round %d: order to card, p50: at once %.0f ms, bare %.0f ms; later %.0f ms, bare pair %.0f ms",
			i+1, round.AtOnce.P50, round.Bare.P50, round.Later.P50, round.Pair.P50)
		say("round %d: %d orders at once, until the last card: later %.1f s, bare pairs %.1f s",
			i+1, o.Burst, round.LaterBurst, round.PairBurst)
		r.Rounds = append(r.Rounds, round)
	}
	r.summarize()
	return r, nil
}

// round measures everything once, with a new server.
func (p *Programs) round(ctx context.Context, o Options, number int) (Round, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience+time.Duration(4*o.Singles+2*o.Burst)*patiencePerOrder,
		fmt.Errorf("round %d takes too long", number))
	defer cancel()
	r := Round{Round: number}
	s, err := p.open(ctx)
	if err != nil {
		return r, err
	}
	defer s.close()
	for _, compared := range [][]rig.Step{
		{rig.Measure(s.bareSingles, o.Singles, &r.Bare), rig.Measure(s.atOnceSingles, o.Singles, &r.AtOnce)},
		{rig.Measure(s.pairSingles, o.Singles, &r.Pair), rig.Measure(s.laterSingles, o.Singles, &r.Later)},
		{rig.Measure(s.pairBurst, o.Burst, &r.PairBurst), rig.Measure(s.laterBurst, o.Burst, &r.LaterBurst)},
	} {
		if err := rig.InTurns(ctx, number, compared...); err != nil {
			return r, err
		}
	}
	r.Costs, err = s.costs(ctx)
	return r, err
}
