package simulator

import (
	"io"
	"net/http"
)

// ControlPath is the path of the control routes. They need no credentials, so serve a simulator on a loopback address
// or a private network only.
const ControlPath = "/_control/"

// maxBody is the size of the largest body that a control route reads.
const maxBody = 1 << 20

// Control adds control routes to a mux.
type Control struct{ Mux *http.ServeMux }

// Handle adds a route such as "POST", "faults".
func (c Control) Handle(method, route string, h http.HandlerFunc) {
	c.Mux.HandleFunc(method+" "+ControlPath+route, h)
}

// Show adds a route that shows a state as JSON.
func (c Control) Show(route string, state func() any) {
	c.Handle(http.MethodGet, route, func(w http.ResponseWriter, _ *http.Request) {
		Answer{Status: http.StatusOK, Body: state()}.Send(w)
	})
}

// Delete adds a route that removes something.
func (c Control) Delete(route string, remove func()) {
	c.Handle(http.MethodDelete, route, func(w http.ResponseWriter, _ *http.Request) {
		remove()
		w.WriteHeader(http.StatusNoContent)
	})
}

// Receive adds a route that receives a T in [StrictJSON] and responds with 204. An error of receive, such as one about a value in it, is the
// sender's.
func Receive[T any](c Control, method, route string, receive func(T) error) {
	c.Handle(method, route, func(w http.ResponseWriter, r *http.Request) {
		var in T
		err := ReadJSON(r, &in)
		if err == nil {
			err = receive(in)
		}
		if err != nil {
			Refused(http.StatusBadRequest, err.Error()).Send(w)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// Refused returns the answer of a control route to a request that it refuses.
func Refused(status int, text string) Answer {
	return Answer{Status: status, Body: map[string]string{"error": text}}
}

// ReadBody reads a body of up to 1 MiB.
func ReadBody(r *http.Request) ([]byte, error) { return io.ReadAll(io.LimitReader(r.Body, maxBody)) }

// ReadJSON reads a body in [StrictJSON].
func ReadJSON(r *http.Request, into any) error {
	body, err := ReadBody(r)
	if err != nil {
		return err
	}
	return StrictJSON(body, into)
}
