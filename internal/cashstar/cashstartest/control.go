package cashstartest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

const controlPath = "/_control/"

func (s *Server) routeControl() {
	s.control.HandleFunc("GET "+controlPath+"cards", func(w http.ResponseWriter, _ *http.Request) {
		show(w, http.StatusOK, s.Cards())
	})
	s.control.HandleFunc("GET "+controlPath+"stats", func(w http.ResponseWriter, _ *http.Request) {
		show(w, http.StatusOK, s.Stats())
	})
	s.control.HandleFunc("GET "+controlPath+"merchants", func(w http.ResponseWriter, _ *http.Request) {
		show(w, http.StatusOK, s.Merchants())
	})
	s.control.HandleFunc("POST "+controlPath+"merchants", func(w http.ResponseWriter, r *http.Request) {
		var m Merchant
		err := readControl(r, &m)
		if err == nil && (m.MerchantCode == "" || len(m.Currencies) == 0) {
			err = errors.New("a merchant needs a merchant_code and currencies")
		}
		if err != nil {
			show(w, http.StatusBadRequest, errorBody{err.Error()})
			return
		}
		s.AddMerchant(m)
		w.WriteHeader(http.StatusNoContent)
	})
	s.control.HandleFunc("POST "+controlPath+"faults", func(w http.ResponseWriter, r *http.Request) {
		var b struct {
			Faults []Fault       `json:"faults"`
			Random []RandomFault `json:"random"`
		}
		if err := readControl(r, &b); err != nil {
			show(w, http.StatusBadRequest, errorBody{err.Error()})
			return
		}
		s.Inject(b.Faults...)
		if b.Random != nil {
			s.setRandom(b.Random)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	s.control.HandleFunc("DELETE "+controlPath+"faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
}

func (s *Server) setRandom(random []RandomFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.random = random
}

func readControl(r *http.Request, into any) error {
	const most = 1 << 20
	b, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err != nil {
		return err
	}
	return strictJSON(b, into)
}

func show(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
