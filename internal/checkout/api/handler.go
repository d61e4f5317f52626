package api

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/redact"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

const (
	balancesPath    = Path + "balances"
	redemptionsPath = Path + "redemptions"
	reversals       = "reversals"
	// RequestIDHeader is the header of each answer that names the request, as the log does.
	RequestIDHeader = "X-Request-Id"
)

// route is an address that is served.
type route struct {
	name, method string
	right        Right
	// key says that the request needs an idempotency key.
	key   bool
	serve func(*handler, *call) answer
}

// routes are all routes, by name.
var routes = map[string]route{
	RouteBalances:    {RouteBalances, http.MethodPost, RightBalance, false, (*handler).balance},
	RouteRedemptions: {RouteRedemptions, http.MethodPost, RightRedeem, true, (*handler).redeem},
	RouteRedemption:  {RouteRedemption, http.MethodGet, RightRedeem, false, (*handler).look},
	RouteReversals:   {RouteReversals, http.MethodPost, RightReverse, true, (*handler).reverse},
}

// Endpoints returns the method and the path of each route, by name. An ID is written as {id}.
func Endpoints() map[string]string {
	paths := map[string]string{
		RouteBalances: balancesPath, RouteRedemptions: redemptionsPath, RouteRedemption: redemptionsPath + "/{id}",
		RouteReversals: redemptionsPath + "/{id}/" + reversals,
	}
	for name, path := range paths {
		paths[name] = routes[name].method + " " + path
	}
	return paths
}

// routeOf returns the route of a path, and the ID of the redemption that the path names.
func routeOf(path string) (r route, id string) {
	rest, ok := strings.CutPrefix(path, redemptionsPath+"/")
	if ok {
		id, rest, more := strings.Cut(rest, "/")
		switch {
		case !isID(id):
		case !more:
			return routes[RouteRedemption], id
		case rest == reversals:
			return routes[RouteReversals], id
		}
		return route{}, ""
	}
	switch path {
	case balancesPath:
		return routes[RouteBalances], ""
	case redemptionsPath:
		return routes[RouteRedemptions], ""
	}
	return route{}, ""
}

// idLength is the number of hexadecimal digits of a redemption's ID.
const idLength = 32

func isID(s string) bool { return len(s) == idLength && strings.Trim(s, "0123456789abcdef") == "" }

// call is a request on its way.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	client  Client
	key, id string
	// secrets are what no log may hold.
	secrets []string
}

// handler serves the API.
type handler struct {
	Options

	// strangers logs requests without a known key, of which there may be any number.
	strangers zerolog.Logger
}

// logBurst limits the lines per second about requests without a known key.
const logBurst = 10

// New returns the handler of everything below [Path].
func New(o Options) http.Handler {
	if o.Observe == nil {
		o.Observe = func(Answered) {}
	}
	return &handler{Options: o, strangers: o.Log.Sample(&zerolog.BurstSampler{Burst: logBurst, Period: time.Second})}
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	request := rand.Text()
	w.Header().Set(RequestIDHeader, request)
	w.Header().Set("Cache-Control", "no-store")
	to, id := routeOf(r.URL.Path)
	c := &call{w: w, r: r, id: id}
	a := h.answer(to, c)
	a.send(w)
	done := Answered{
		Route: to.name, Client: c.client.Name, Status: a.status, Type: string(a.problem), Redemption: a.redemption,
		Took: time.Since(began),
	}
	h.Observe(done)
	cause := ""
	if a.cause != nil {
		cause = redact.Secrets(a.cause.Error(), c.secrets...)
	}
	h.log(done, request, cause)
}

// answer returns the answer to a request.
func (h *handler) answer(to route, c *call) answer {
	switch {
	case to.name == "":
		return refused(redemption.Problem{Type: redemption.NotFound}, "")
	case c.r.Method != to.method:
		c.w.Header().Set("Allow", to.method)
		return refused(redemption.Problem{Type: MethodNotAllowed, Detail: "Use " + to.method + "."}, "")
	}
	var ok bool
	if c.client, ok = h.Guard.Authenticate(c.r.Header); !ok {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		return refused(redemption.Problem{Type: Unauthorized}, "")
	}
	if !c.client.May(to.right) {
		return refused(redemption.Problem{Type: Forbidden, Detail: "The client has not the right " + string(to.right) + "."}, "")
	}
	if to.key {
		key, wrong := keyOf(c.r.Header)
		if wrong != nil {
			return *wrong
		}
		c.key, c.secrets = key, append(c.secrets, key)
	}
	return to.serve(h, c)
}

// failed returns the answer to a request that the desk has refused, or could not serve.
func failed(err error, id string) answer {
	p, ok := errors.AsType[*redemption.Problem](err)
	if !ok {
		p = &redemption.Problem{Type: redemption.IssuerUnavailable}
	}
	a := refused(*p, "")
	a.redemption = id
	if !ok || error(p) != err { //nolint:errorlint // Whether there is more than the problem.
		a.cause = err
	}
	return a
}

// log writes the line of a request.
func (h *handler) log(a Answered, request, cause string) {
	l := &h.Log
	if a.Client == "" {
		l = &h.strangers
	}
	level := zerolog.InfoLevel
	if cause != "" {
		level = zerolog.WarnLevel
	}
	l.WithLevel(level).Func(func(e *zerolog.Event) {
		for _, field := range []struct{ name, value string }{
			{"error", cause}, {"client", a.Client}, {"route", a.Route}, {"type", a.Type}, {"redemption", a.Redemption},
		} {
			if field.value != "" {
				e.Str(field.name, field.value)
			}
		}
	}).Int("status", a.Status).Str("request", request).Dur("duration", a.Took).Msg("checkout request")
}
