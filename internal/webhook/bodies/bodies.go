// Package bodies reads the bodies of requests within a bounded memory.
package bodies

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// Max is the number of bytes of the largest body that is read. Orders with many lines have more than a megabyte.
	Max = 4 << 20
	// MaxDiscarded is the number of bytes of the largest body whose signature is checked. What is larger is refused.
	MaxDiscarded = 32 << 20
	// smallBody is the number of bytes of a body that are kept for each request. Most bodies are smaller.
	smallBody = 64 << 10
	// largeAtOnce is the number of requests whose bodies may be larger at the same time, so that the memory of a receiver
	// is bounded: by smallBody for each connection, and by Max for each of these. A body has its turn until it is no
	// longer used, which includes the time in which keepers keep it.
	largeAtOnce = 4
	// largeWait is how long a large body waits for its turn, and largeTime how long it may take from then on, so that
	// nobody can keep the turns by sending slowly.
	largeWait = 2 * time.Second
	largeTime = 3 * time.Second
	// beginning is the number of bytes that are kept of a body that is too large to be read.
	beginning = smallBody / 2
)

// What can be wrong with a body before it is read.
var (
	ErrTooLarge = errors.New("the body is larger than what is checked")
	ErrBusy     = errors.New("too many large bodies at once")
)

// small holds buffers of smallBody bytes.
var small = sync.Pool{New: func() any {
	b := make([]byte, smallBody)
	return &b
}}

// Bodies reads bodies. All that it reads at the same time has the bounded memory together.
type Bodies struct{ large chan struct{} }

// New returns a reader of bodies.
func New() Bodies { return Bodies{make(chan struct{}, largeAtOnce)} }

// Read reads the body of a request, adds it to sum, and calls use with it and its number of bytes. If the body is larger than
// Max, use gets only its beginning; nothing of it if it is not kept. The body is valid only until use returns. A large body
// has to be there by a time, which is that of the answer.
func (b Bodies) Read(
	w http.ResponseWriter, r *http.Request, by time.Time, sum io.Writer, keep bool, use func(body []byte, size int64),
) error {
	if r.ContentLength > MaxDiscarded {
		return ErrTooLarge
	}
	pooled := small.Get().(*[]byte)
	defer small.Put(pooled)
	if !keep {
		return discard(r.Body, sum, nil, *pooled, 0, use)
	}
	n, err := fill(r.Body, sum, *pooled)
	switch {
	case errors.Is(err, io.EOF):
		use((*pooled)[:n], int64(n))
		return nil
	case err != nil:
		return err
	}
	begin, rest := (*pooled)[:beginning], (*pooled)[beginning:]
	if r.ContentLength > Max {
		return discard(r.Body, sum, begin, rest, int64(n), use)
	}
	if err := b.turn(r.Context()); err != nil {
		return err
	}
	defer func() { <-b.large }()
	// Where no deadline can be set, that of the server applies.
	deadline := time.Now().Add(largeTime)
	if by.Before(deadline) {
		deadline = by
	}
	_ = http.NewResponseController(w).SetReadDeadline(deadline)
	all := make([]byte, Max+1)
	copy(all, *pooled)
	m, err := fill(r.Body, sum, all[n:])
	switch {
	case errors.Is(err, io.EOF) && n+m <= Max:
		use(all[:n+m], int64(n+m))
		return nil
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	return discard(r.Body, sum, begin, rest, int64(n+m), use)
}

// turn waits until few enough large bodies are read.
func (b Bodies) turn(ctx context.Context) error {
	wait := time.NewTimer(largeWait)
	defer wait.Stop()
	select {
	case b.large <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-wait.C:
		return ErrBusy
	}
}

// fill reads until the buffer is full or, with io.EOF, until the body ends.
func fill(body io.Reader, sum io.Writer, into []byte) (int, error) {
	n := 0
	for n < len(into) {
		m, err := body.Read(into[n:])
		_, _ = sum.Write(into[n : n+m])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// discard reads a body without keeping more of it than its beginning, which was read before.
func discard(body io.Reader, sum io.Writer, begin, buffer []byte, size int64, use func([]byte, int64)) error {
	for {
		n, err := fill(body, sum, buffer)
		size += int64(n)
		switch {
		case size > MaxDiscarded:
			return ErrTooLarge
		case errors.Is(err, io.EOF):
			use(begin, size)
			return nil
		case err != nil:
			return err
		}
	}
}
