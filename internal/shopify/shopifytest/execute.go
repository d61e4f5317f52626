package shopifytest

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
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
	reserved, ok := s.bucket.take(requested)
	s.counts.left(reserved)
	if !ok {
		s.throttle(w, kind, requested)
		return
	}
	actual := min(requested, math.Ceil(x.run(queryRoot{}, op)))
	left := s.bucket.giveBack(requested - actual)
	s.counts.spent(actual)
	s.counts.errors(x.errors)

	extensions := map[string]any{"cost": s.bucket.report(requested, &actual, left)}
	if len(x.search) > 0 {
		extensions["search"] = x.search
	}
	var b bytes.Buffer
	b.WriteString(`{"data":`)
	b.Write(x.buf.Bytes())
	if len(x.errors) > 0 {
		b.WriteString(`,"errors":`)
		b.Write(mustMarshal(x.errors))
	}
	b.WriteString(`,"extensions":`)
	b.Write(mustMarshal(extensions))
	b.WriteByte('}')
	s.send(w, kind, http.StatusOK, b.Bytes())
}

// throttle responds that the bucket holds too few points: status 200, without data and without Retry-After.
func (s *Server) throttle(w http.ResponseWriter, kind string, requested float64) {
	cost := s.bucket.report(requested, nil, s.bucket.giveBack(0))
	s.fail(w, kind, &cost, coded("THROTTLED", "Throttled"))
}

func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only plain values get here
	}
	return b
}
