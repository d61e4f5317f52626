package messages

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/messaging"
)

const example = "../../../internal/retail/payload/testdata/order.json"

// run runs a command line, and returns its exit code and what it printed.
func run(stdin string, args ...string) (code int, stdout, stderr string) {
	f := &cli.Flags{}
	root := &cobra.Command{Use: "giftbridge"}
	f.Register(root)
	root.AddCommand(Command(f))
	var out, errs bytes.Buffer
	root.SetArgs(append([]string{"messages", "preview"}, args...))
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errs)
	code = cli.Execute(root, &errs)
	return code, out.String(), errs.String()
}

func TestPreviewSaysWhyNothingIsSent(t *testing.T) {
	t.Parallel()
	code, out, stderr := run("", "--payload", example)
	require.Zero(t, code, stderr)
	require.Contains(t, out, "Order #9999")
	require.Contains(t, out, "receipt: not sent (test)")
}

func TestPreviewShowsTheReceipt(t *testing.T) {
	t.Parallel()
	code, out, stderr := run("", "--payload", example, "--as-if-real", "--shop-name", "Shoes & Co")
	require.Zero(t, code, stderr)
	require.Contains(t, out, "1. receipt: to …00")
	require.Contains(t, out, "text: Shoes & Co")
	require.Contains(t, out, "structure: retail_receipts")
	require.Contains(t, out, "why: The order was placed and paid.")
	require.NotContains(t, out, "415555")
}

func TestPreviewReadsStandardInput(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(example)
	require.NoError(t, err)
	code, out, stderr := run(string(data), "--payload", "-", "--as-if-real", "--json")
	require.Zero(t, code, stderr)
	var p messaging.Preview
	require.NoError(t, json.Unmarshal([]byte(out), &p))
	require.Len(t, p.Steps, 1)
	require.NotEmpty(t, p.Steps[0].Data)
}

func TestPreviewRefusesBadInput(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stdin string
		args  []string
		says  string
	}{
		"nothing":           {args: nil, says: "--payload FILE"},
		"both":              {args: []string{"#1001", "--payload", example}, says: "not both"},
		"no file":           {args: []string{"--payload", "testdata/none.json"}, says: "read the payload"},
		"a folder":          {args: []string{"--payload", "."}, says: "read the payload"},
		"empty input":       {args: []string{"--payload", "-"}, says: "ends too early"},
		"no order":          {stdin: `{"id": 1}`, args: []string{"--payload", "-"}, says: "not an order"},
		"an empty name":     {args: []string{"--payload", example, "--shop-name", " "}, says: "--shop-name"},
		"a plain URL":       {args: []string{"--payload", example, "--shop-url", "http://shop.example.com"}, says: "--shop-url"},
		"a country's name":  {args: []string{"--payload", example, "--country", "usa"}, says: "--country"},
		"no such templates": {args: []string{"--payload", example, "--templates", "testdata/none"}, says: "texts of messages"},
		"an unknown flag":   {args: []string{"--payload", example, "--send"}, says: "unknown flag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := run(tc.stdin, tc.args...)
			require.Equal(t, 2, code, stderr)
			require.Contains(t, stderr, tc.says)
			require.Empty(t, out)
		})
	}
}
