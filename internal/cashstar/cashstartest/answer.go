package cashstartest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// answer is a response to send: the JSON of body or, if body is nil, raw.
type answer struct {
	status     int
	body       any
	raw        []byte
	media      string
	retryAfter string
	dropped    bool
}

func refusal(status int, text string) answer {
	return answer{status: status, body: errorBody{Error: text}}
}

func refusals(status int, texts []string) answer {
	var b errorsBody
	for _, t := range texts {
		b.Errors = append(b.Errors, messageOfError{t})
	}
	return answer{status: status, body: b}
}

func limited(status int, retryAfter string) answer {
	a := refusal(status, "enhance your calm")
	a.retryAfter = retryAfter
	return a
}

func (a answer) bytes() []byte {
	if a.body == nil {
		return a.raw
	}
	b, err := json.Marshal(a.body)
	if err != nil {
		panic(fmt.Sprintf("encode answer: %v", err)) // structs of strings always encode
	}
	return b
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op Operation, a answer) {
	wait(r.Context(), s.options.Latency)
	s.count(op, a)
	if a.dropped {
		panic(http.ErrAbortHandler)
	}
	media := a.media
	if media == "" {
		media = "application/json"
	}
	w.Header().Set("Content-Type", media)
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.bytes()) // the client may be gone
}

func (s *Server) count(op Operation, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.stats.Requests[op]
	if counts == nil {
		counts = make(map[int]int)
		s.stats.Requests[op] = counts
	}
	counts[a.status]++
}

// wait waits for d. It returns early if the client has gone; the request is still carried out, as a real service would.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
