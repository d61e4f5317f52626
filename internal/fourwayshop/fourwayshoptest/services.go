package fourwayshoptest

import (
	"fmt"
	"mime"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/bodies"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// generate enqueues a job that makes barcodes. An unknown item code is reported in the callback, as published.
func (s *Server) generate(w http.ResponseWriter, r *http.Request) {
	var in bodies.Generate
	problems := s.read(r, &in)
	if len(problems) == 0 {
		problems = in.Problems()
	}
	if len(problems) > 0 {
		s.answer(w, r, Generate, s.refusal(problems[0]))
		return
	}
	about := Request{Operation: Generate, ItemCode: in.ItemCode, Callback: in.Callback}
	s.exchange(w, r, about, func() simulator.Answer {
		id := s.newID()
		var cards []ledger.Card
		s.queue.Enqueue(jobs.Job{
			ID: id, Operation: Generate, Callback: in.Callback,
			Perform: func() any {
				s.mu.Lock()
				defer s.mu.Unlock()
				cards = s.ledger.Generate(in.ItemCode, in.Giftcards, id, s.options.Clock.Now())
				if cards == nil {
					return s.writer.Refusal(string(ledger.NoItem), "")
				}
				return s.writer.Generated(cards)
			},
			Reveal: func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				for _, c := range cards {
					s.ledger.Show(c.Barcode)
				}
			},
			Forge: func() any { return s.forged(in.ItemCode) },
		})
		return enqueued()
	})
}

// get answers at once.
func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	barcode := query.Get("barcode")
	if barcode == "" || len(query) != 1 || len(query["barcode"]) != 1 {
		s.answer(w, r, Get, s.refusal("barcode is required"))
		return
	}
	s.exchange(w, r, Request{Operation: Get, Barcode: barcode}, func() simulator.Answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		c, ok := s.ledger.Get(barcode)
		if !ok {
			return s.refusal(string(ledger.NotFound))
		}
		return simulator.Answer{Status: http.StatusOK, Body: bodies.Got{Success: true, Giftcard: s.writer.Card(c)}}
	})
}

// update enqueues a job that changes a balance.
func (s *Server) update(w http.ResponseWriter, r *http.Request) {
	var in bodies.Update
	problems := s.read(r, &in)
	var change ledger.Update
	if len(problems) == 0 {
		change, problems = in.Read(s.options.EntityCodes)
	}
	if len(problems) > 0 {
		s.answer(w, r, Update, s.refusal(problems[0]))
		return
	}
	about := Request{
		Operation: Update, Barcode: change.Barcode, Amount: change.Amount, Payload: change.Payload, Callback: in.Callback,
	}
	s.exchange(w, r, about, func() simulator.Answer {
		change.ID = s.newID()
		s.queue.Enqueue(jobs.Job{
			ID: change.ID, Operation: Update, Callback: in.Callback, Payload: in.Payload,
			Perform: func() any {
				s.mu.Lock()
				defer s.mu.Unlock()
				if problem := s.ledger.Apply(change, s.options.Clock.Now()); problem != "" {
					return s.writer.Refusal(string(problem), in.Payload)
				}
				return bodies.Updated{Success: true, ID: change.ID, Payload: in.Payload}
			},
			Reveal: func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.ledger.Show(change.Barcode)
			},
			Forge: func() any { return bodies.Updated{Success: true, ID: s.newID()} },
		})
		return enqueued()
	})
}

// makePDF enqueues a job that makes a PDF.
func (s *Server) makePDF(w http.ResponseWriter, r *http.Request) {
	var in bodies.PDF
	problems := s.read(r, &in)
	if len(problems) == 0 {
		problems = in.Problems(s.options.PDFInAnswer)
	}
	if len(problems) > 0 {
		s.answer(w, r, MakePDF, s.refusal(problems[0]))
		return
	}
	s.exchange(w, r, Request{Operation: MakePDF}, func() simulator.Answer {
		id := s.newID()
		result := func() any {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, barcode := range in.Barcodes {
				if _, ok := s.ledger.Get(barcode); !ok {
					return s.writer.Refusal(string(ledger.NotFound), "")
				}
			}
			s.files[id+".pdf"] = true
			return bodies.MadePDF{Success: true, URL: fileURL(r, id+".pdf")}
		}
		if s.options.PDFInAnswer {
			return simulator.Answer{Status: http.StatusOK, Body: result()}
		}
		s.queue.Enqueue(jobs.Job{
			ID: id, Operation: MakePDF, Callback: in.Callback, Perform: result, Reveal: func() {},
			Forge: func() any { return bodies.MadePDF{Success: true, URL: "http://169.254.169.254/latest/meta-data/"} },
		})
		return enqueued()
	})
}

// download serves a PDF to anyone who knows its address.
func (s *Server) download(w http.ResponseWriter, r *http.Request, name string) {
	s.mu.Lock()
	known := s.files[name]
	s.mu.Unlock()
	if !known || r.Method != http.MethodGet {
		s.answer(w, r, Download, transport(http.StatusNotFound, "Not Found"))
		return
	}
	s.answer(w, r, Download, s.faults.Exchange(r.Context(), s.draw(Request{Operation: Download}), func() simulator.Answer {
		return simulator.Answer{Status: http.StatusOK, Raw: s.options.PDF, Media: s.options.PDFType}
	}))
}

// exchange carries out one valid request, with the fault drawn for it, if any.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request, req Request, perform func() simulator.Answer) {
	if !simulator.Accepts(r) {
		s.answer(w, r, req.Operation, transport(http.StatusNotAcceptable, "Accept must be application/json"))
		return
	}
	s.answer(w, r, req.Operation, s.faults.Exchange(r.Context(), s.draw(req), perform))
}

// read reads a body. It returns all problems of its form.
func (s *Server) read(r *http.Request, into any) []string {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return []string{"Content-Type must be application/json"}
	}
	body, err := simulator.ReadBody(r)
	if err != nil {
		return []string{"the body cannot be read"}
	}
	if err := simulator.ExactJSON(body, into); err != nil {
		return []string{"the body is not valid: " + err.Error()}
	}
	return nil
}

// newID returns a random UUID.
func (s *Server) newID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, b := s.random.Uint64(), s.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// login issues a token.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var in bodies.Login
	if problems := s.read(r, &in); len(problems) > 0 {
		s.answer(w, r, Login, s.refusal(problems[0]))
		return
	}
	if in.Username != s.options.Username || in.Password != s.options.Password {
		s.answer(w, r, Login, denied())
		return
	}
	s.exchange(w, r, Request{Operation: Login}, func() simulator.Answer {
		token := "tok." + s.newID()
		expires := s.options.Clock.Now().Add(s.options.TokenLife).UTC()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tokens[token] = expires
		const site = 501
		body := bodies.LoggedIn{Username: in.Username, CompanyID: "SIMULATED", SiteID: site, Token: token}
		if !s.options.NoExpiry {
			body.Expires = expires.Format("2006-01-02T15:04:05.000Z07:00")
			body.ExpiresInMS = s.writer.Number(fmt.Sprint(s.options.TokenLife.Milliseconds()))
		}
		return simulator.Answer{Status: http.StatusOK, Body: body}
	})
}

// knows reports whether a request carries a token that is valid.
func (s *Server) knows(r *http.Request) bool {
	const scheme = "Bearer "
	header := r.Header.Get("Authorization")
	if len(header) <= len(scheme) || header[:len(scheme)] != scheme {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	expires, ok := s.tokens[header[len(scheme):]]
	return ok && s.options.Clock.Now().Before(expires)
}

// RevokeTokens makes all tokens invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// refusal is the answer to a request that the service refuses in its own words.
func (s *Server) refusal(text string) simulator.Answer {
	return simulator.Answer{Status: s.options.RefusalStatus, Body: s.writer.Refusal(text, "")}
}
