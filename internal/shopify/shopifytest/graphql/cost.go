package graphql

import (
	"math"
	"strings"
)

// Costs follow shopify.dev/docs/api/usage/limits. Shopify does not publish the price of connections; they follow a
// formula that reproduces costs measured by others: 2 + floor(2 ln n) times the cost of one item. For the requested
// cost, n is the argument, and at least 2; for the actual cost, n is the number of items returned.

// MaxQueryCost is the maximum cost that one query may request, on all plans.
const MaxQueryCost = 1000

// ownCost returns the cost of an object without its fields.
func ownCost(typeName string) float64 {
	switch typeName {
	case "MoneyBag", "MoneyV2", "PageInfo", "UserError":
		return 0
	}
	switch {
	case isConnection(typeName):
		return 0
	case strings.HasSuffix(typeName, "Payload"):
		return mutationCost
	}
	return 1
}

// mutationCost is the cost of a mutation, whatever it returns besides objects.
const mutationCost = 10

func isConnection(typeName string) bool { return strings.HasSuffix(typeName, "Connection") }

// connectionCost returns the cost of a connection with n items of the given cost each.
func connectionCost(n, item float64) float64 { return 2 + math.Floor(2*math.Log(max(1, n)))*item }

// listCost converts the actual cost of a list's items into the cost of the list. The nodes of a connection cost what
// the formula says. The results of a lookup by ids are charged one by one, or as one. Any other list of objects counts
// as one object.
func (x *Execution) listCost(f *selected, list []Object, items float64) float64 {
	n := float64(len(list))
	switch {
	case f.def.Type.Name() == nodeType && !x.rules.NodesCostOne:
		return items
	case f.name == "nodes" && f.def.Type.Name() != nodeType:
		return connectionCost(n, items/max(1, n))
	case n == 0:
		return 0
	}
	return items / n
}

// nodeType is the interface of objects that can be looked up by id.
const nodeType = "Node"

// RequestedCost returns the cost of the operation before it runs. Shopify does not publish what it charges for a lookup
// of several ids: the rules say whether each id is charged, or all of them as one.
func (x *Execution) RequestedCost() (cost float64) {
	root := &selected{set: x.op.SelectionSet}
	for _, f := range x.on(root, x.rootType()) {
		one := x.fieldsCost([]*selected{f})
		if ids, ok := f.args["ids"].([]any); ok && !x.rules.NodesCostOne {
			one *= float64(len(ids))
		}
		cost += one
	}
	return cost
}

func (x *Execution) fieldsCost(fields []*selected) (cost float64) {
	for _, f := range fields {
		if f.name == "__typename" {
			continue
		}
		def := x.schema.Types[f.def.Type.Name()]
		switch {
		case def.IsLeafType():
		case isConnection(def.Name):
			cost += connectionCost(max(2, float64(pageSize(f.args))), x.fieldsCost(x.on(f, def.Name)))
		case def.IsAbstractType():
			most := 0.0
			for _, t := range x.schema.GetPossibleTypes(def) {
				most = max(most, ownCost(t.Name)+x.fieldsCost(x.on(f, t.Name)))
			}
			cost += most
		default:
			cost += ownCost(def.Name) + x.fieldsCost(x.on(f, def.Name))
		}
	}
	return cost
}

// TooDear returns the error for an operation that requests more than [MaxQueryCost].
func TooDear(requested float64) *Error {
	return &Error{
		Message: "Query has a cost that exceeds the max cost.",
		Extensions: map[string]any{
			"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": MaxQueryCost,
		},
	}
}

func pageSize(args map[string]any) int64 {
	n, _ := args["first"].(int64)
	if last, ok := args["last"].(int64); ok {
		n = max(n, last)
	}
	return n
}

// CostReport is extensions.cost. Actual is nil for an operation that did not run.
type CostReport struct {
	Requested float64        `json:"requestedQueryCost"`
	Actual    *float64       `json:"actualQueryCost"`
	Status    ThrottleStatus `json:"throttleStatus"`
}

// ThrottleStatus is the state of the app's bucket of points.
type ThrottleStatus struct {
	Maximum   float64 `json:"maximumAvailable"`
	Available float64 `json:"currentlyAvailable"`
	Restore   float64 `json:"restoreRate"`
}
