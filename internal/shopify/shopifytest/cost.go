package shopifytest

import (
	"math"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Costs follow shopify.dev/docs/api/usage/limits. Shopify does not publish the price of connections; they follow a
// formula that reproduces costs measured by others: 2 + floor(2 ln n) times the cost of one item. For the requested
// cost, n is the argument, and at least 2; for the actual cost, n is the number of items returned.

// maxQueryCost is the maximum cost that one query may request, on all plans.
const maxQueryCost = 1000

// ownCost returns the cost of an object without its fields.
func ownCost(typeName string) float64 {
	switch typeName {
	case "MoneyBag", "MoneyV2", "PageInfo", "OrderConnection", "LineItemConnection",
		"ProductVariantConnection":
		return 0
	}
	return 1
}

func isConnection(typeName string) bool { return strings.HasSuffix(typeName, "Connection") }

// connectionCost returns the cost of a connection with n items of the given cost each.
func connectionCost(n, item float64) float64 { return 2 + math.Floor(2*math.Log(max(1, n)))*item }

// listCost converts the actual cost of a list's items into the cost of the list. The nodes of a connection cost what
// the formula says. The results of a lookup by ids are charged one by one, or as one. Any other list of objects counts
// as one object.
func (x *execution) listCost(f *selected, list []object, items float64) float64 {
	n := float64(len(list))
	switch {
	case f.def.Type.Name() == nodeType && !x.server.opts.NodesCostOne:
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

// requestedCost returns the cost of an operation before it runs. Shopify does not publish what it charges for a lookup
// of several ids: here each id is charged, or all of them as one if nodesCostOne is set.
func requestedCost(op *ast.OperationDefinition, vars map[string]any, nodesCostOne bool) (cost float64) {
	root := &selected{set: op.SelectionSet}
	for _, f := range root.on("QueryRoot", vars) {
		one := fieldsCost([]*selected{f}, vars)
		if ids, ok := f.args["ids"].([]any); ok && !nodesCostOne {
			one *= float64(len(ids))
		}
		cost += one
	}
	return cost
}

func fieldsCost(fields []*selected, vars map[string]any) (cost float64) {
	for _, f := range fields {
		if f.name == "__typename" {
			continue
		}
		def := schema().Types[f.def.Type.Name()]
		switch {
		case def.IsLeafType():
		case isConnection(def.Name):
			cost += connectionCost(max(2, float64(pageSize(f.args))), itemCost(f, def.Name, vars))
		case def.IsAbstractType():
			most := 0.0
			for _, t := range schema().GetPossibleTypes(def) {
				most = max(most, ownCost(t.Name)+fieldsCost(f.on(t.Name, vars), vars))
			}
			cost += most
		default:
			cost += ownCost(def.Name) + fieldsCost(f.on(def.Name, vars), vars)
		}
	}
	return cost
}

func itemCost(connection *selected, typeName string, vars map[string]any) float64 {
	return fieldsCost(connection.on(typeName, vars), vars)
}

func pageSize(args map[string]any) int64 {
	n, _ := args["first"].(int64)
	if last, ok := args["last"].(int64); ok {
		n = max(n, last)
	}
	return n
}

// costReport is extensions.cost.
type costReport struct {
	Requested float64        `json:"requestedQueryCost"`
	Actual    *float64       `json:"actualQueryCost"`
	Status    throttleStatus `json:"throttleStatus"`
}

type throttleStatus struct {
	Maximum   float64 `json:"maximumAvailable"`
	Available float64 `json:"currentlyAvailable"`
	Restore   float64 `json:"restoreRate"`
}

// cost returns the report of a query's cost. Left is the number of points left in the bucket.
func (o *Options) cost(requested float64, actual *float64, left float64) costReport {
	return costReport{
		Requested: requested, Actual: actual,
		Status: throttleStatus{o.BucketSize, math.Floor(left), o.RestoreRate},
	}
}
