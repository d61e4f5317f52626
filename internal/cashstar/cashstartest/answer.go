package cashstartest

import (
	"net/http"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

func refusal(status int, text string) simulator.Answer {
	return simulator.Answer{Status: status, Body: errorBody{Error: text}}
}

func refusals(status int, texts []string) simulator.Answer {
	var b errorsBody
	for _, t := range texts {
		b.Errors = append(b.Errors, messageOfError{t})
	}
	return simulator.Answer{Status: status, Body: b}
}

// limited returns the refusal of too many requests, with CashStar's own status.
func limited(retryAfter string) simulator.Answer {
	a := refusal(420, "enhance your calm")
	a.RetryAfter = retryAfter
	return a
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op Operation, a simulator.Answer) {
	simulator.Wait(r.Context(), s.options.Latency)
	s.counts.Answered(op, a.Status)
	a.Send(w)
}
