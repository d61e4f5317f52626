package rig

import (
	"context"
	"syscall"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// FloorProgram is the bare program, by its folder.
const FloorProgram = "sandbox/floor"

// StartFloor starts the bare program under a name, and returns the address at which it answers.
func (p *Programs) StartFloor(ctx context.Context, name string, args ...string) (_ *Process, addr string, err error) {
	port, err := site.FreePort(ctx)
	if err != nil {
		return nil, "", err
	}
	addr = site.Loopback(port)
	started, err := p.Start(ctx, child.Program{
		Name: name, Path: p.Path(FloorProgram), Args: append(args, "--listen", addr), Signal: syscall.SIGTERM,
	}, Answers(addr))
	return started, addr, err
}
