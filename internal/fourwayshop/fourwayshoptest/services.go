package fourwayshoptest

import (
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// generate enqueues a job that makes barcodes. An unknown item code is reported in the callback, as published.
func (s *Server) generate(w http.ResponseWriter, r *http.Request) {
	var in generateBody
	problems := s.read(r, &in)
	if len(problems) == 0 {
		problems = in.problems()
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
					return s.failure(string(ledger.NoItem), "")
				}
				return s.generated(cards)
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
		return simulator.Answer{Status: http.StatusOK, Body: getAnswer{true, s.entity(c)}}
	})
}

// update enqueues a job that changes a balance.
func (s *Server) update(w http.ResponseWriter, r *http.Request) {
	var in updateBody
	problems := s.read(r, &in)
	var change ledger.Update
	if len(problems) == 0 {
		change, problems = in.update(s.options.EntityCodes)
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
					return s.failure(string(problem), in.Payload)
				}
				return updatedBody{true, change.ID, in.Payload}
			},
			Reveal: func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.ledger.Show(change.Barcode)
			},
			Forge: func() any { return updatedBody{true, s.newID(), ""} },
		})
		return enqueued()
	})
}

// makePDF enqueues a job that makes a PDF.
func (s *Server) makePDF(w http.ResponseWriter, r *http.Request) {
	var in pdfBody
	problems := s.read(r, &in)
	if len(problems) == 0 {
		problems = in.problems(s.options.PDFInAnswer)
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
					return s.failure(string(ledger.NotFound), "")
				}
			}
			s.files[id+".pdf"] = true
			return pdfAnswer{true, fileURL(r, id+".pdf")}
		}
		if s.options.PDFInAnswer {
			return simulator.Answer{Status: http.StatusOK, Body: result()}
		}
		s.queue.Enqueue(jobs.Job{
			ID: id, Operation: MakePDF, Callback: in.Callback, Perform: result, Reveal: func() {},
			Forge: func() any { return pdfAnswer{true, "http://169.254.169.254/latest/meta-data/"} },
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
	var in loginBody
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
		body := loginAnswer{Username: in.Username, CompanyID: "SIMULATED", SiteID: site, Token: token}
		if !s.options.NoExpiry {
			body.Expires = expires.Format("2006-01-02T15:04:05.000Z07:00")
			body.ExpiresInMS = s.number(fmt.Sprint(s.options.TokenLife.Milliseconds()))
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

// entity returns a card as Get returns it.
func (s *Server) entity(c ledger.Card) cardEntity {
	flags := map[bool]string{true: "Y", false: "N"}
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(layout)
	}
	return cardEntity{
		ID: "SIMULATED_501_" + c.EntityCode + "_" + c.Barcode, CompanyID: "SIMULATED", SiteID: s.number("501"),
		BranchCode: s.code(c.BranchCode), EntityCode: s.code(c.EntityCode), CardBarcode: c.Barcode,
		IssueDate: date(c.Generated), ActivationDate: date(c.Activated), ExpirationDate: date(c.EndValidity),
		FlgActive: flags[c.Active], PriceList: c.PriceList, PriceListType: "V", DecimalNumber: s.number("2"),
		CurrencySymbol: map[string]string{"EUR": "€", "USD": "$", "GBP": "£"}[c.Currency], Currency: c.Currency,
		OriginalAmount: s.amount(c.OriginalAmount), Amount: s.amount(c.Amount), ItemType: "FINANCIAL",
		ItemSubtype: "GIFTCARD", ItemCode: c.ItemCode, TaxRate: s.number("22"), VATCode: s.number("3"),
		PrinterDepartmentCode: s.number("1"), FlgNetworkUsage: "Y", FlgPartiallyUsage: "Y", PaymentTermCode: s.number("201"),
		FlgAllowOfflineUsage: "N",
	}
}

func (s *Server) generated(cards []ledger.Card) generatedBody {
	out := generatedBody{Success: true}
	for _, c := range cards {
		out.Giftcards = append(out.Giftcards, generatedEntity{
			c.Barcode, c.StartValidity.UTC().Format(layout), c.EndValidity.UTC().Format(layout),
		})
	}
	return out
}

// message returns a message in the language of the service.
func (s *Server) message(text string) string {
	if s.options.Italian {
		return ledger.Problem(text).Italian()
	}
	return text
}

// failure is the body of a callback of a job that failed.
func (s *Server) failure(text, payload string) any {
	return refusalBody{Message: s.message(text), Payload: payload}
}

// refusal is the answer to a request that the service refuses in its own words.
func (s *Server) refusal(text string) simulator.Answer {
	return simulator.Answer{Status: s.options.RefusalStatus, Body: refusalBody{Message: s.message(text)}}
}
