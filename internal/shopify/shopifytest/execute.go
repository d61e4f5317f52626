package shopifytest

import (
	"bytes"
	"math"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// execute runs a valid operation if the bucket holds enough points.
func (s *Server) execute(w http.ResponseWriter, kind string, x *execution, op *ast.OperationDefinition) {
	requested := requestedCost(op, x.vars, s.opts.NodesCostOne)
	if requested > maxQueryCost {
		s.fail(w, kind, nil, &graphError{
			Message: "Query has a cost that exceeds the max cost.",
			Extensions: map[string]any{
				"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": maxQueryCost,
			},
		})
		return
	}
	reserved, ok := s.bucket.Take(requested)
	s.counts.left(reserved)
	if !ok {
		s.throttle(w, kind, requested)
		return
	}
	actual := min(requested, math.Ceil(x.run(queryRoot{}, op)))
	left := s.bucket.GiveBack(requested - actual)
	s.counts.paid(actual)
	s.counts.failed(x.errors)

	extensions := map[string]any{"cost": s.opts.cost(requested, &actual, left)}
	if len(x.search) > 0 {
		extensions["search"] = x.search
	}
	var b bytes.Buffer
	b.WriteString(`{"data":`)
	b.Write(x.buf.Bytes())
	if len(x.errors) > 0 {
		b.WriteString(`,"errors":`)
		b.Write(simulator.MustMarshal(x.errors))
	}
	b.WriteString(`,"extensions":`)
	b.Write(simulator.MustMarshal(extensions))
	b.WriteByte('}')
	s.send(w, kind, http.StatusOK, b.Bytes())
}

// throttle responds that the bucket holds too few points: status 200, without data and without Retry-After.
func (s *Server) throttle(w http.ResponseWriter, kind string, requested float64) {
	cost := s.opts.cost(requested, nil, s.bucket.GiveBack(0))
	s.fail(w, kind, &cost, coded("THROTTLED", "Throttled"))
}
