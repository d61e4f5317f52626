package shopifytest

import (
	"math"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// Costs follow shopify.dev/docs/api/usage/limits and, for connections, whose price Shopify does not publish, a formula
// that reproduces the costs which others measured: 2 + floor(2 ln n) times the cost of one item. Requested costs take n
// from the argument, and at least 2; real costs take the number of items that came.

// maxQueryCost is the most that one query may request, on all plans.
const maxQueryCost = 1000

// ownCost of an object without its fields.
func ownCost(typeName string) float64 {
	switch typeName {
	case "MoneyBag", "MoneyV2", "PageInfo", "OrderConnection", "LineItemConnection",
		"ProductVariantConnection":
		return 0
	}
	return 1
}

func isConnection(typeName string) bool { return strings.HasSuffix(typeName, "Connection") }

// connectionCost of n items that cost so much each.
func connectionCost(n, item float64) float64 { return 2 + math.Floor(2*math.Log(max(1, n)))*item }

// listCost turns the real cost of a list's items into that of the list: the nodes of a connection cost as the formula
// says, those of a lookup by ids one by one or as one, and any other list of objects counts as one object.
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

// nodeType is the interface of what is looked up by its id.
const nodeType = "Node"

// requestedCost is known before an operation runs. What Shopify charges for a lookup of several ids is not published: each,
// or all as one where nodesCostOne is set.
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

// bucket holds the points of the app in the shop. It leaks: points come back over time.
type bucket struct {
	now           func() time.Time
	size, restore float64

	mu     sync.Mutex
	points float64
	at     time.Time
}

func newBucket(now func() time.Time, size, restore float64) *bucket {
	return &bucket{now: now, size: size, restore: restore, points: size, at: now()}
}

// take reserves points, unless there are too few, and tells what is left.
func (b *bucket) take(points float64) (left float64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	if points > b.points {
		return b.points, false
	}
	b.points -= points
	return b.points, true
}

// giveBack returns what was reserved too much, and tells what is left.
func (b *bucket) giveBack(points float64) (left float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	b.points = min(b.size, b.points+points)
	return b.points
}

func (b *bucket) refill() {
	now := b.now()
	if passed := now.Sub(b.at); passed > 0 {
		b.points = min(b.size, b.points+passed.Seconds()*b.restore)
		b.at = now
	}
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

func (b *bucket) report(requested float64, actual *float64, left float64) costReport {
	return costReport{Requested: requested, Actual: actual, Status: throttleStatus{b.size, math.Floor(left), b.restore}}
}
