package session

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
)

const (
	// completionTime bounds what a person waits for after the TAB key. readingTime is a little less: orders that were read
	// by then are offered.
	completionTime = 2 * time.Second
	readingTime    = 1500 * time.Millisecond
	// maxCompleted is the number of orders that are offered in each state.
	maxCompleted = 50
)

// CompleteOrders completes the names of orders in these states for a shell. It is silent about whatever goes wrong: a
// person who presses TAB has not run a command yet.
func CompleteOrders(states ...executions.State) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		if len(args) > 0 && !strings.Contains(cmd.Use, "<order>...") {
			return nil, directive
		}
		return offered(cmd.Context(), completionTime, func(ctx context.Context) []executions.Order {
			return readOrders(ctx, states)
		}, args, typed), directive
	}
}

// offered returns what read has found within a time.
func offered(
	ctx context.Context, most time.Duration, read func(context.Context) []executions.Order, args []string, typed string,
) []cobra.Completion {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	found := make(chan []executions.Order, 1)
	go func() { found <- read(ctx) }()
	select {
	case <-ctx.Done():
		return nil
	case list := <-found:
		return completions(list, args, typed)
	}
}

func readOrders(ctx context.Context, states []executions.State) []executions.Order {
	ctx, cancel := context.WithTimeout(ctx, readingTime)
	defer cancel()
	cmd := &cobra.Command{}
	cmd.SetContext(ctx)
	cmd.SetErr(io.Discard)
	var out []executions.Order
	_ = Operate(cmd, OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
		for _, state := range states {
			list, err := o.ListOrders(ctx, orders.OrderFilter{State: state, Limit: maxCompleted})
			out = append(out, list...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// plain matches a name that every shell reads as it stands; a "#" may precede it.
var plain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// completions returns the orders whose names begin with what was typed, without those that are arguments already. The "#"
// of a name is left out unless it was typed, because a shell takes it for a comment. If it was typed, only a single order is
// offered: bash quotes that, but not what several have in common. An order whose name a shell might misread, or that is not
// the only one of that name, is offered by its number.
func completions(list []executions.Order, args []string, typed string) []cobra.Completion {
	names := map[string]int{}
	for _, o := range list {
		names[o.Name]++
	}
	var out []cobra.Completion
	for _, o := range list {
		bare := strings.TrimPrefix(o.Name, "#")
		word := bare
		switch {
		case !plain.MatchString(bare) || names[o.Name] > 1:
			word = o.ID
		case strings.HasPrefix(typed, "#") && bare != o.Name:
			word = o.Name
		}
		given := slices.ContainsFunc(args, func(a string) bool { return a == o.ID || strings.TrimPrefix(a, "#") == bare })
		if given || !strings.HasPrefix(word, typed) {
			continue
		}
		out = append(out, cobra.CompletionWithDesc(word, describe(o)))
	}
	if strings.HasPrefix(typed, "#") && len(out) > 1 {
		return nil
	}
	return out
}

// describe says why an order is offered, and what it is worth.
func describe(o executions.Order) string {
	parts := []string{string(o.State)}
	switch {
	case o.Failure != nil:
		parts[0] = o.Failure.Kind
	case o.Reason != "":
		parts[0] = string(o.State) + " (" + string(o.Reason) + ")"
	}
	if o.Amount != "" {
		parts = append(parts, o.Amount+" "+o.Currency)
	}
	return printable.Line(strings.Join(parts, ", "), 0)
}
