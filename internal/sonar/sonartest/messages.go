package sonartest

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/giftbridge/giftbridge/internal/simulator"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/structures"
)

// Refusals are the texts that the service says of an account, with their statuses.
var Refusals = map[string]int{
	"No Active Subscription":       http.StatusForbidden,
	"Api Disabled For Company":     http.StatusForbidden,
	"Company inactive":             http.StatusForbidden,
	"Company cancelled":            http.StatusForbidden,
	"Trial Customer Limit Reached": http.StatusForbidden,
	"Trial Message Limit Reached":  http.StatusForbidden,
	"Forbidden":                    http.StatusForbidden,
}

// The texts of other refusals.
const (
	badToken      = "Bad Token"
	tokenNotFound = "Token or publishable_key not found"
	invalidPhone  = "Invalid Phone Number"
	timedOut      = "Request Timed Out"
	// fields stands in counts for any text about fields.
	fields = "fields"
)

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// errorBody is the form of each refusal, takenBody that of the answer to a message that was taken.
type (
	errorBody struct {
		Error string `json:"error"`
	}
	takenBody struct {
		To     string `json:"to"`
		Text   string `json:"text"`
		Status string `json:"status"`
	}
)

// refusal counts and returns a refusal in the service's words.
func (s *Server) refusal(status int, text string) simulator.Answer {
	s.countRefusal(text)
	return simulator.Answer{Status: status, Body: errorBody{text}}
}

// unfit counts and returns the refusal of a request whose fields are not those of a message.
func (s *Server) unfit(problems []string) simulator.Answer {
	s.countRefusal(fields)
	return simulator.Answer{Status: http.StatusBadRequest, Body: errorBody{strings.Join(problems, ", ")}}
}

func (s *Server) countRefusal(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused[name]++
}

// send takes a message of a client that is known.
func (s *Server) send(w http.ResponseWriter, r *http.Request, id string) {
	s.mu.Lock()
	account := s.account
	s.mu.Unlock()
	if account != "" {
		s.answer(w, r, SendMessage, s.refusal(Refusals[account], account))
		return
	}
	m, problems := s.read(r)
	switch {
	case len(problems) > 0:
		s.answer(w, r, SendMessage, s.unfit(problems))
		return
	case m.To != "" && !e164.MatchString(m.To):
		s.answer(w, r, SendMessage, s.refusal(s.options.InvalidPhoneStatus, invalidPhone))
		return
	}
	fault := s.draw(Request{
		Operation: SendMessage, To: m.To, Text: m.Text, Type: m.Type, ReceiptID: m.Data.Text("receipt_id"),
	})
	a := s.faults.Exchange(r.Context(), fault, func() simulator.Answer {
		if fault.Kind == TimedOut && !fault.AfterCommit {
			return simulator.Answer{} // The fault replaces it.
		}
		return s.take(m, id)
	})
	if fault.Kind == TimedOut {
		a.Status = cmp.Or(fault.Status, http.StatusGatewayTimeout)
	}
	s.answer(w, r, SendMessage, a)
}

// take carries out a valid message.
func (s *Server) take(m ledger.Message, id string) simulator.Answer {
	s.mu.Lock()
	window := time.Duration(float64(Window) / s.hurry)
	outcome := s.ledger.Take(m, s.options.Now(), window, id)
	s.mu.Unlock()
	body := takenBody{To: m.To, Text: m.Text, Status: "queued"}
	switch outcome {
	case ledger.Unreachable:
		return s.refusal(s.options.InvalidPhoneStatus, invalidPhone)
	case ledger.Unsubscribed:
		body.Status = "unsubscribed"
	}
	return simulator.Answer{Status: http.StatusAccepted, Body: body}
}

// read reads a message. It returns the problems of its fields as the service words them.
func (s *Server) read(r *http.Request) (ledger.Message, []string) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return ledger.Message{}, []string{"content_type is invalid"}
	}
	if r.URL.RawQuery != "" { // What is sent there ends in logs.
		return ledger.Message{}, []string{"query is invalid"}
	}
	body, err := simulator.ReadBody(r)
	if err != nil {
		return ledger.Message{}, []string{"body is invalid"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ledger.Message{}, []string{"body is invalid"}
	}
	m := ledger.Message{To: form.Get("to"), Text: form.Get("text"), Type: form.Get("type"), Raw: form.Get("data")}
	if problems := s.problems(form, m); len(problems) > 0 {
		return m, problems
	}
	if m.Type == "" {
		return m, nil
	}
	if m.Data, err = structures.Parse(m.Raw); err != nil {
		return m, []string{"data is invalid"}
	}
	return m, s.rules.Problems(m.Type, m.Data)
}

// problems returns what is wrong with the form of a message. What is missing comes first, and alone, as recorded.
func (s *Server) problems(form url.Values, m ledger.Message) []string {
	var missing, invalid []string
	add := func(to *[]string, it bool, problem string) {
		if it {
			*to = append(*to, problem)
		}
	}
	add(&missing, strings.TrimSpace(m.Text) == "", "text is missing")
	add(&missing, m.To == "" && (m.Type != structures.Notice || s.options.NoticeNeedsTo), "to is missing")
	add(&missing, m.Type == "" && m.Raw != "", "type is missing")
	add(&missing, m.Type != "" && m.Raw == "", "data is missing")
	if len(missing) > 0 {
		return missing
	}
	add(&invalid, m.Type != "" && !slices.Contains(structures.Types, m.Type), "type is invalid")
	add(&invalid, !utf8.ValidString(m.Text), "text is invalid")
	known, unknown := []string{"to", "text", "type", "data"}, false
	for name, values := range form {
		unknown = unknown || !slices.Contains(known, name)
		add(&invalid, len(values) > 1 && slices.Contains(known, name), name+" is invalid")
	}
	add(&invalid, unknown, "unknown_field is invalid")
	slices.Sort(invalid)
	return invalid
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, op Operation, a simulator.Answer) {
	simulator.Wait(r.Context(), s.options.Latency)
	s.counts.Answered(op, a.Status)
	a.Send(w)
}
