package shopifytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// control adds the control routes that the package documentation lists.
func (s *Server) control() {
	s.mux.HandleFunc("GET /_control/stats", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, s.Stats())
	})
	s.mux.HandleFunc("DELETE /_control/stats", func(w http.ResponseWriter, _ *http.Request) {
		s.counts.reset()
		w.WriteHeader(http.StatusNoContent)
	})
	s.mux.HandleFunc("PUT /_control/faults", s.controlFaults)
	s.mux.HandleFunc("POST /_control/faults", s.controlNextFaults)
	s.mux.HandleFunc("DELETE /_control/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.faults.clear()
		w.WriteHeader(http.StatusNoContent)
	})
	s.mux.HandleFunc("PUT /_control/lag", s.controlLag)
	s.mux.HandleFunc("POST /_control/orders", s.controlOrders)
	s.mux.HandleFunc("GET /_control/orders", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, s.Orders())
	})
	s.mux.HandleFunc("PUT /_control/orders", s.controlPutOrder)
	s.mux.HandleFunc("PATCH /_control/orders/{id}", s.controlPatchOrder)
}

func (s *Server) controlFaults(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Seed    uint64   `json:"seed"`
		Latency Duration `json:"latency"`
		Rates   []Rate   `json:"rates"`
	}
	err := decodeStrictly(r.Body, &in)
	for _, rate := range in.Rates {
		err = errors.Join(err, rate.Fault.valid())
		if !(rate.Probability >= 0 && rate.Probability <= 1) {
			err = errors.Join(err, errors.New("probability is not between 0 and 1"))
		}
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.faults.replace(Faults{Seed: in.Seed, Latency: time.Duration(in.Latency), Rates: in.Rates})
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) controlNextFaults(w http.ResponseWriter, r *http.Request) {
	in := struct {
		Fault Fault `json:"fault"`
		Times int   `json:"times"`
	}{Times: 1}
	err := errors.Join(decodeStrictly(r.Body, &in), in.Fault.valid())
	if in.Times < 1 || in.Times > 1000 {
		err = errors.Join(err, errors.New("times is not between 1 and 1000"))
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.faults.push(in.Fault, in.Times)
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) controlLag(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Lag Duration `json:"lag"`
	}
	if err := decodeStrictly(r.Body, &in); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.SetLag(time.Duration(in.Lag))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) controlOrders(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		reply(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "payload is too large"})
		return
	}
	o, err := FromWebhook(body)
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	o = s.AddOrder(o)
	reply(w, http.StatusCreated, map[string]any{"id": o.ID, "name": o.Name})
}

func (s *Server) controlPutOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	if err := decodeStrictly(r.Body, &o); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	reply(w, http.StatusOK, s.AddOrder(o))
}

// controlPatchOrder changes the fields that are in the body, as an edit in the shop's admin would.
func (s *Server) controlPatchOrder(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": "id is not a number"})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = decodeStrictly(bytes.NewReader(body), &Order{})
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	if !s.UpdateOrder(id, func(o *Order) { _ = decodeStrictly(bytes.NewReader(body), o) }) {
		reply(w, http.StatusNotFound, map[string]string{"error": "there is no such order"})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func decodeStrictly(r io.Reader, out any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	return d.Decode(out)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(mustMarshal(body)) //nolint:errcheck // the client may be gone
}
