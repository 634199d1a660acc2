package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-83c59573/quern"
	"github.com/seed-83c59573/quern/pipelines"
	"github.com/seed-83c59573/quern/pipelines/report"
	"github.com/spf13/cobra"
)

// place is where a run happens: the flags that run and plan share. None of them changes a result.
type place struct {
	dir     string
	workers int
	mem     string
	set     []string
}

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.dir, "dir", "", "folder of the run (default run/<name of the spec>)")
	cmd.Flags().IntVar(&p.workers, "workers", 0, "goroutines (default one per processor); never changes a result")
	cmd.Flags().StringVar(&p.mem, "mem", "", "memory to stay under, such as 2GiB; training that needs more is refused (default: the machine's)")
	cmd.Flags().StringArrayVar(&p.set, "set", nil, "override a value of the spec, such as mix.ratios.code=20")
}

func (p *place) load(path string) (*pipelines.Spec, pipelines.Env, error) {
	spec, err := pipelines.LoadSpec(path, p.set)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, pipelines.Env{}, usageError{err}
	}
	if err != nil {
		return nil, pipelines.Env{}, err
	}
	env := pipelines.Env{Dir: p.dir, Workers: p.workers}
	if env.Dir == "" {
		env.Dir = filepath.Join("run", spec.Name)
	}
	if p.workers < 0 {
		return nil, env, usageError{fmt.Errorf("--workers %d: want 1 or more", p.workers)}
	}
	if p.mem != "" {
		if env.Mem, err = pipelines.ParseBytes(p.mem); err != nil {
			return nil, env, usageError{fmt.Errorf("--mem: %w", err)}
		}
		if env.Mem < 256<<20 {
			return nil, env, usageError{fmt.Errorf("--mem %s: want 256MiB or more", p.mem)}
		}
	}
	return spec, env, nil
}

func runCommand() *cobra.Command {
	var p place
	var until string
	cmd := &cobra.Command{
		Use:   "run SPEC",
		Short: "Run what a spec asks for; steps that are done already are not done again",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			start := time.Now()
			spec, env, err := p.load(args[0])
			if err != nil {
				return err
			}
			if until != "" && !slices.Contains(pipelines.Kinds, until) {
				return usageError{fmt.Errorf("--until %s: want one of %s", until, strings.Join(pipelines.Kinds, ", "))}
			}
			env.Until = until
			w := newWatcher(cmd.OutOrStdout())
			env.Event = w.event
			rec, err := pipelines.Run(cmd.Context(), spec, env)
			w.close()
			if err != nil {
				return err
			}
			dir := quern.Local(env.Dir)
			sum, err := pipelines.Summarize(dir, rec)
			if err != nil {
				return err
			}
			page := "runs/" + rec.Run + ".html"
			if err := report.Write(dir, rec, page); err != nil {
				return err
			}
			printRun(cmd.OutOrStdout(), sum, time.Since(start))
			fmt.Fprintf(cmd.OutOrStdout(), "report: %s\n", dir.Path(page))
			if len(rec.Over) > 0 {
				return fmt.Errorf("%w: %s", errOver, strings.Join(rec.Over, "; "))
			}
			return nil
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&until, "until", "", "stop after this kind of step: "+strings.Join(pipelines.Kinds, ", "))
	return cmd
}
