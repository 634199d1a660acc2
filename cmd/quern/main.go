// Command quern turns raw pages, papers and code into a clean, deduplicated, exactly mixed and tokenized corpus and trains language
// models on it. It is a door: each command is a file beside this one, and the work is done in the rooms.
//
// Exit codes: 0 done; 1 failed; 2 the spec or the command line is wrong; 3 done, but records or files were skipped above the
// ceiling; 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-83c59573/quern/pipelines"
	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// errOver ends a run that skipped more than its ceiling.
var errOver = errors.New("records or files were skipped above the ceiling")

// usageError is a fault of the command line.
type usageError struct{ error }

func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal ends the process at once
	}()
	root := &cobra.Command{
		Use:           "quern",
		Short:         "From raw text to a trained language model, by one YAML file",
		Version:       pipelines.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError{fmt.Errorf("no command %q; quern --help lists them", args[0])}
		}
		return nil
	}
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(runCommand(), planCommand(), showCommand(), cleanCommand(), rulesCommand(), ngramCommand(), diffCommand(), reportCommand(), inspectCommand(),
		sampleCommand(), evalCommand(), serveModelCommand(), biasCommand(), dedupCommand(), benchCommand(), estimateCommand(), initCommand(),
		mixCommand(), tokenizerCommand(), exportCommand(), importCommand(), modelCommand())
	ran, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errOver):
		fmt.Fprintln(stderr, "quern:", err)
		return 3
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "quern: interrupted;", afterInterrupt(ran))
		return 130
	case isUsage(err):
		fmt.Fprintln(stderr, "quern:", err)
		return 2
	default:
		fmt.Fprintln(stderr, "quern:", err)
		return 1
	}
}

// afterInterrupt says what the command does that is given again. Only a run keeps the steps that are done.
func afterInterrupt(cmd *cobra.Command) string {
	if cmd.CommandPath() == "quern run" {
		return "the same command goes on from here"
	}
	return "the same command starts anew"
}

func isUsage(err error) bool {
	var se *pipelines.SpecError
	var ue usageError
	return errors.As(err, &se) || errors.As(err, &ue)
}

// exactArgs is cobra.ExactArgs with a fault that is one of the command line.
func exactArgs(n int) cobra.PositionalArgs { return usageArgs(cobra.ExactArgs(n)) }

// rangeArgs is cobra.RangeArgs with a fault that is one of the command line.
func rangeArgs(from, to int) cobra.PositionalArgs { return usageArgs(cobra.RangeArgs(from, to)) }

// someArgs is cobra.MinimumNArgs with a fault that is one of the command line.
func someArgs(n int) cobra.PositionalArgs { return usageArgs(cobra.MinimumNArgs(n)) }

func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w: usage: %s", err, cmd.UseLine())}
		}
		return nil
	}
}
