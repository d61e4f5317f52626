package installation

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/operatorservice/v1"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// CheckNamespace returns an error if a worker must not run in the namespace, because its retention is too short or
// because it lacks giftbridge's search attributes.
func (o *Installation) CheckNamespace(ctx context.Context) error {
	if err := o.checkRetention(ctx); err != nil {
		return err
	}
	return o.checkSearchAttributes(ctx)
}

// checkRetention returns an error if the namespace deletes closed workflows before orders are too old to be picked up:
// an order whose workflow is deleted would be issued a second time.
func (o *Installation) checkRetention(ctx context.Context) error {
	namespace, maxOrderAge := o.Namespace(), time.Duration(o.PollInput().MaxOrderAge)
	retention, err := o.Retention(ctx)
	if err != nil {
		return err
	}
	if retention > maxOrderAge {
		return nil
	}
	return fmt.Errorf("namespace %s deletes closed workflows after %s, which must be longer than MAX_ORDER_AGE (%s), "+
		"or an order can be issued twice; raise the retention: %s",
		namespace, retention, maxOrderAge, RaiseRetention(namespace, maxOrderAge))
}

// RetentionIsTight reports whether a namespace keeps closed workflows for hardly longer than orders are picked up. An
// order's age is checked before the order is started, and a poll may then take up to two hours.
func RetentionIsTight(retention, maxOrderAge time.Duration) bool {
	return retention <= maxOrderAge+byHandTimeout
}

// RaiseRetention returns the command that makes a namespace keep closed workflows long enough.
func RaiseRetention(namespace string, maxOrderAge time.Duration) string {
	return "temporal operator namespace update --namespace " + executions.ShellWord(namespace) + " --retention " + enough(maxOrderAge)
}

// enough returns the retention that giftbridge asks for, in whole days: 30 days, or a week more than the maximum age of
// orders if that is longer. The week leaves time to rerun failed orders.
func enough(maxOrderAge time.Duration) string {
	const day, usual, week = 24 * time.Hour, 30, 7
	days := max(usual, int(math.Ceil(float64(maxOrderAge)/float64(day)))+week)
	return fmt.Sprintf("%dh", days*24)
}

// checkSearchAttributes returns an error if the namespace lacks giftbridge's search attributes: every start of an order
// would be retried forever.
func (o *Installation) checkSearchAttributes(ctx context.Context) error {
	missing, err := o.MissingSearchAttributes(ctx)
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("namespace %s lacks search attributes: %s; run: "+buildinfo.Program+" schedules",
			o.Namespace(), strings.Join(missing, ", "))
	}
	return err
}

// MissingSearchAttributes returns the search attributes that the namespace lacks, with their types.
func (o *Installation) MissingSearchAttributes(ctx context.Context) ([]string, error) {
	missing, mistyped, err := o.SearchAttributes(ctx)
	return append(missing, mistyped...), err
}

// SearchAttributes lists giftbridge's search attributes that the namespace lacks, and those that it has with another
// type. Temporal cannot change a type.
func (o *Installation) SearchAttributes(ctx context.Context) (missing, mistyped []string, err error) {
	have, err := o.Client.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: o.Namespace()})
	if err != nil {
		return nil, nil, fmt.Errorf("list search attributes of namespace %s: %w", o.Namespace(), err)
	}
	want := workflows.SearchAttributes()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		text := fmt.Sprintf("%s (%s)", name, want[name])
		switch got, ok := have.GetCustomAttributes()[name]; {
		case !ok:
			missing = append(missing, text)
		case got != want[name]:
			mistyped = append(mistyped, text)
		}
	}
	return missing, mistyped, nil
}

// CreateNamespace returns the command that creates a namespace which keeps closed workflows for long enough.
func CreateNamespace(namespace string, maxOrderAge time.Duration) string {
	return "temporal operator namespace create --namespace " + executions.ShellWord(namespace) + " --retention " + enough(maxOrderAge)
}
