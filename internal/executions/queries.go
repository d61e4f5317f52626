package executions

import (
	"net/url"

	"github.com/giftbridge/giftbridge/workflows"
)

// Query is a list in the Temporal Web UI.
type Query struct{ Name, Query string }

// Queries are the lists that people look at. Failed lists runs: an order that has recovered since is in it. A kind of
// failure is no column of Temporal's, so no query selects it.
func Queries() []Query {
	of := func(workflow string, s State) string {
		return "WorkflowType = " + Quote(workflow) + " AND ExecutionStatus IN " + Statuses[s]
	}
	return []Query{
		{"running orders", of(workflows.GiftCardOrderType, Running)},
		{"failed orders", of(workflows.GiftCardOrderType, Failed)},
		{"orders left to people", of(workflows.LeftOrderType, Left)},
		{"polls", "WorkflowType = " + Quote(workflows.PollOrdersType)},
		{"failed polls", of(workflows.PollOrdersType, Failed)},
		{"sweeps", "WorkflowType = " + Quote(workflows.SweepOrdersType)},
		{"changed orders", "WorkflowType = " + Quote(workflows.ChangedOrderType)},
		{"digests", "WorkflowType = " + Quote(workflows.DailyDigestType)},
	}
}

// QueryLink returns the address of a list in the Temporal Web UI.
func (o *Reader) QueryLink(query string) string {
	return o.uiURL + "/namespaces/" + url.PathEscape(o.namespace) + "/workflows?query=" + url.QueryEscape(query)
}
